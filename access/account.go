package access

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"upwind"
)

// Account is one person, or one screen.
type Account struct {
	Version   int       `json:"version"`
	ID        string    `json:"id"` // in events and the audit; never reused
	Login     string    `json:"login"`
	Name      string    `json:"name"`
	Roles     []Role    `json:"roles"`
	Areas     []string  `json:"areas"`                // codes of the grid, or WholeCity
	OfficerID string    `json:"officer_id,omitempty"` // of an inspector: the officer of the grid that this is
	Password  string    `json:"password"`             // Argon2id in PHC form
	Epoch     int       `json:"epoch"`                // sessions of an earlier epoch have ended
	Disabled  bool      `json:"disabled,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// NewAccount is an account under a login, as it is compared, that lacks everything else.
func NewAccount(login string, at time.Time) Account {
	return Account{Version: upwind.SchemaVersion, ID: NewID(), Login: Normal(login), CreatedAt: at.UTC()}
}

var (
	loginForm = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._-]{1,39}$`)
	areaForm  = regexp.MustCompile(`^(\*|[0-9A-Za-z-]{2,40})$`)
)

// Normal is a login as it is compared: people type capitals where there are none.
func Normal(login string) string { return strings.ToLower(strings.TrimSpace(login)) }

// Validate says in a sentence what an account lacks.
func (a Account) Validate() error {
	switch {
	case !loginForm.MatchString(a.Login) || a.Login != Normal(a.Login):
		return errors.New("a login name has 2 to 40 small letters, digits, dots, hyphens and underscores")
	case a.Name == "" || utf8.RuneCountInString(a.Name) > 60:
		return errors.New("a name has 1 to 60 characters")
	case len(a.Roles) == 0:
		return errors.New("an account needs a role")
	}
	for _, r := range a.Roles {
		if !slices.Contains(Roles(), r) {
			return fmt.Errorf("there is no role %q", string(r))
		}
	}
	for _, code := range a.Areas {
		if !areaForm.MatchString(code) {
			return fmt.Errorf("%q is no code of an area", code)
		}
	}
	if slices.Contains(a.Roles, Administrator) && !slices.Contains(a.Areas, WholeCity) {
		return errors.New("an administrator's area is the whole city: *")
	}
	if len(a.Areas) == 0 {
		return errors.New("an account needs an area: the code of a county, town or cell, or * for the whole city")
	}
	return nil
}

// Parameters of Argon2id: 19 MiB, two passes, one lane (OWASP password storage, 2024). They stand in every hash, so they may change.
const (
	hashMemoryKiB = 19 << 10
	hashPasses    = 2
	hashLanes     = 1
	saltBytes     = 16
	keyBytes      = 32
	// minPassword and maxPassword are in characters; NIST SP 800-63B asks for eight at least where it is the only factor.
	minPassword = 10
	maxPassword = 200
)

// HashPassword returns the PHC form of a password, or says what it lacks.
func HashPassword(password string) (string, error) {
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword:
		return "", fmt.Errorf("a password has at least %d characters", minPassword)
	case n > maxPassword:
		return "", fmt.Errorf("a password has at most %d characters", maxPassword)
	}
	salt := random(saltBytes)
	key := argon2.IDKey([]byte(password), salt, hashPasses, hashMemoryKiB, hashLanes, keyBytes)
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, hashMemoryKiB, hashPasses, hashLanes,
		b.EncodeToString(salt), b.EncodeToString(key)), nil
}

// maxHashMemoryKiB bounds what a stored hash may ask for.
const maxHashMemoryKiB = 256 << 10

// CheckPassword reports whether a password belongs to a PHC form. A form that cannot be read belongs to none.
func CheckPassword(phc, password string) bool {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || utf8.RuneCountInString(password) > maxPassword {
		return false
	}
	var version int
	var memory, passes uint32
	var lanes uint8
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &passes, &lanes); err != nil ||
		memory > maxHashMemoryKiB || passes < 1 || passes > 16 || lanes < 1 {
		return false
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(key) < 16 || len(key) > 128 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, passes, memory, lanes, uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1
}

// Session is an open sign-in.
type Session struct {
	Login string    `json:"login"`
	Epoch int       `json:"epoch"` // of the account when it began
	CSRF  string    `json:"csrf"`  // which every write repeats
	Until time.Time `json:"until"`
}

// Valid reports whether the session still stands for an account.
func (s Session) Valid(a Account, now time.Time) bool {
	return a.Login == s.Login && a.Epoch == s.Epoch && !a.Disabled && now.Before(s.Until)
}

// NewToken returns 256 random bits for a cookie or a link.
func NewToken() string { return base64.RawURLEncoding.EncodeToString(random(32)) }

// NewID returns a random account id.
func NewID() string { return "acc-" + hex.EncodeToString(random(8)) }

// TokenKey is what a token is stored under: its hash, so that the store holds no token.
func TokenKey(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// SameToken compares in constant time.
func SameToken(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}
