package weather

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"upwind"
)

// maxColumns bounds the columns of the tables of this package.
const maxColumns = 256

// bytesPerColumn bounds one record, in the mean of all columns that a table may have: numbers and names are far below it,
// and a quote that is never closed must not swallow the file.
const bytesPerColumn = 64

// Finding is something said about a table that was accepted.
type Finding struct {
	Line int // of the first occurrence
	What string
}

func (f Finding) String() string { return fmt.Sprintf("line %d: %s", f.Line, f.What) }

// Rules bound what a table may say.
type Rules struct {
	NotAfter time.Time  // a start after it is refused; zero means no bound
	Domain   [4]float64 // west, south, east, north: a station outside is refused; all zero means no bound
	ApartKM  float64    // a station further than this from the middle of all is refused; 0 means no bound
}

// place reads longitude and latitude.
func (t *Table) place(rules Rules) (lon, lat float64) {
	lon, lat = t.Number("lon", lonSpan), t.Number("lat", latSpan)
	d := rules.Domain
	if d == [4]float64{} || t.Err != nil {
		return lon, lat
	}
	const do = "check the station's place, or widen the domain"
	if east := math.Mod(lon-d[0]+720, 360); east > math.Mod(d[2]-d[0]+720, 360) {
		t.Refuse("lon", fmt.Sprintf("%g lies outside the domain, %g..%g", lon, d[0], d[2]), do)
	} else if lat < d[1] || lat > d[3] {
		t.Refuse("lat", fmt.Sprintf("%g lies outside the domain, %g..%g", lat, d[1], d[3]), do)
	}
	return lon, lat
}

// errLongRecord is what recordLimit reports.
var errLongRecord = errors.New("a line is longer")

// recordLimit fails on a record longer than most bytes; line ends inside quotes do not end a record.
type recordLimit struct {
	r       io.Reader
	n, most int
	quoted  bool
}

func (l *recordLimit) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for _, b := range p[:n] {
		if l.n++; l.n > l.most {
			return 0, fmt.Errorf("%w than %d bytes", errLongRecord, l.most)
		}
		switch {
		case b == '"':
			l.quoted = !l.quoted
		case b == '\n' && !l.quoted:
			l.n = 0
		}
	}
	return n, err
}

// Table is an open CSV with its columns found, for this package and for readers of other tables. Column names are in lower case.
type Table struct {
	Columns []string        // of the header line, in its order
	Line    int             // of the current row
	Err     *upwind.Refusal // first fault of the current row

	name  string
	csv   *csv.Reader
	col   map[string]int
	row   []string
	width int
}

const encodingHelp = "save the table as comma-separated UTF-8 text (CSV UTF-8)"

// Open reads the header line of a table of at most width columns. The required ones must be there, each column once.
func Open(name string, r io.Reader, width int, required []string) (*Table, error) {
	br := bufio.NewReader(&recordLimit{r: r, most: width * bytesPerColumn})
	head, err := br.Peek(3)
	if err != nil && len(head) == 0 {
		if errors.Is(err, io.EOF) {
			return nil, upwind.Refuse(name, "", "the table is empty", "hand in a table with a header line and rows")
		}
		return nil, err
	}
	switch {
	case string(head) == "\xef\xbb\xbf":
		_, _ = br.Discard(3)
	case len(head) >= 2 && (head[0] == 0xff && head[1] == 0xfe || head[0] == 0xfe && head[1] == 0xff):
		return nil, upwind.Refuse(name, "line 1", "the table is UTF-16 text", encodingHelp)
	}
	t := &Table{name: name, csv: csv.NewReader(br), col: map[string]int{}, width: width}
	t.csv.FieldsPerRecord = -1
	t.csv.ReuseRecord = true
	t.csv.TrimLeadingSpace = true
	ok, err := t.Next()
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, upwind.Refuse(name, "", "the table is empty", "hand in a table with a header line and rows")
	}
	return t, t.columns(required)
}

func (t *Table) columns(required []string) error {
	if len(t.row) > t.width {
		return upwind.Refuse(t.name, "line 1", fmt.Sprintf("%d columns", len(t.row)), "keep the columns named in the format")
	}
	if len(t.row) == 1 && strings.ContainsAny(t.row[0], ";\t") {
		return upwind.Refuse(t.name, "line 1", "the columns are not separated by commas", encodingHelp)
	}
	for i, c := range t.row {
		c = strings.ToLower(strings.TrimSpace(c))
		if !utf8.ValidString(c) {
			return upwind.Refuse(t.name, "line 1", fmt.Sprintf("column %d has a name that is not UTF-8", i+1), encodingHelp)
		}
		if _, twice := t.col[c]; twice {
			return upwind.Refuse(t.name, "line 1", fmt.Sprintf("column %s comes twice", c), "remove one of them")
		}
		t.col[c] = i
		t.Columns = append(t.Columns, c)
	}
	var missing []string
	for _, c := range required {
		if _, ok := t.col[c]; !ok {
			missing = append(missing, c)
		}
	}
	if len(missing) > 0 {
		return upwind.Refuse(t.name, "line 1", "missing columns: "+strings.Join(missing, ", "),
			"the table needs "+strings.Join(required, ","))
	}
	return nil
}

// together refuses a table that has some columns of a group and not the others.
func (t *Table) together(group ...string) (have bool, err error) {
	var missing []string
	for _, c := range group {
		if _, ok := t.col[c]; !ok {
			missing = append(missing, c)
		}
	}
	if len(missing) > 0 && len(missing) < len(group) {
		return false, upwind.Refuse(t.name, "line 1", "missing columns: "+strings.Join(missing, ", "),
			strings.Join(group, ", ")+" belong together")
	}
	return len(missing) == 0, nil
}

// Next reads a record, skipping blank ones; false at the end.
func (t *Table) Next() (bool, error) {
	row, err := t.csv.Read()
	switch {
	case errors.Is(err, io.EOF):
		return false, nil
	case errors.Is(err, errLongRecord):
		return false, upwind.Refuse(t.name, fmt.Sprintf("after line %d", t.Line), err.Error(), "look for a quote that is not closed; "+encodingHelp)
	case err != nil:
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return false, upwind.Refuse(t.name, fmt.Sprintf("line %d, column %d", bad.Line, bad.Column), bad.Err.Error(), encodingHelp)
		}
		return false, fmt.Errorf("weather: %s: %w", t.name, err)
	}
	t.row, t.Err = row, nil
	t.Line, _ = t.csv.FieldPos(0)
	return true, nil
}

// Refuse keeps the first fault of a row.
func (t *Table) Refuse(column, what, do string) {
	if t.Err == nil {
		t.Err = upwind.Refuse(t.name, fmt.Sprintf("line %d, column %s", t.Line, column), what, do)
	}
}

// Text is a field without surrounding space; "" if the column or the field is not there.
func (t *Table) Text(column string) string {
	i, ok := t.col[column]
	if !ok || i >= len(t.row) {
		return ""
	}
	return strings.TrimSpace(t.row[i])
}

// Span is what a number may be; Do says what to look for beyond it.
type Span struct {
	Lo, Hi float64
	Do     string
}

// Number is a field that must be a number within a span.
func (t *Table) Number(column string, in Span) float64 {
	s := t.Text(column)
	if s == "" {
		t.Refuse(column, "no value", "leave the whole line out where there was no reading")
		return 0
	}
	v, err := strconv.ParseFloat(s, 64)
	switch {
	case err != nil || math.IsInf(v, 0):
		t.Refuse(column, fmt.Sprintf("%s is not a number", Clip(s)), "use digits with a decimal point")
	case math.IsNaN(v):
		t.Refuse(column, "NaN", "leave the whole line out where there was no reading")
	case v < in.Lo || v > in.Hi:
		t.Refuse(column, fmt.Sprintf("%s is outside %g..%g", Clip(s), in.Lo, in.Hi), in.Do)
	}
	return v
}

// Optional is [Table.Number] for a column or field that may be absent.
func (t *Table) Optional(column string, in Span) *float64 {
	if t.Text(column) == "" {
		return nil
	}
	v := t.Number(column, in)
	return &v
}

// Clip shortens what the table says for a message, and keeps it printable.
func Clip(s string) string {
	const most = 40
	if len(s) > most {
		s = s[:most] + "..."
	}
	return strconv.Quote(strings.ToValidUTF8(s, "?"))
}

// timeLayouts are RFC 3339 with an offset, and the same without one: the column's name says UTC.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04"}

// firstYear is before any record this program may meet; an earlier time is a broken clock.
const firstYear = 1900

func (t *Table) start(rules Rules) time.Time {
	s := t.Text("start_utc")
	for _, layout := range timeLayouts {
		at, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		at = at.UTC()
		switch {
		case at.Year() < firstYear:
			t.Refuse("start_utc", Clip(s)+" is before "+strconv.Itoa(firstYear), "check the station's clock")
		case !rules.NotAfter.IsZero() && at.After(rules.NotAfter):
			t.Refuse("start_utc", Clip(s)+" lies in the future", "check the station's clock and that the times are UTC")
		}
		return at
	}
	t.Refuse("start_utc", Clip(s)+" is not a time", "write it as 2006-01-02T15:04:05Z")
	return time.Time{}
}

// Ranges of the columns both tables have.
var (
	lonSpan      = Span{-180, 180, "lon is degrees east in WGS84"}
	latSpan      = Span{-90, 90, "lat is degrees north in WGS84; are lon and lat exchanged?"}
	heightSpan   = Span{-10, 3000, "height_m is metres above the ground, not above the sea"}
	durationSpan = Span{0.001, 31 * 86400, "duration_s is the length of the mean in seconds"}
)

// maxNameBytes bounds a station's id.
const maxNameBytes = 128

func (t *Table) id() string {
	s := t.Text("id")
	switch {
	case s == "":
		t.Refuse("id", "no value", "every line names its station")
	case len(s) > maxNameBytes || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }):
		t.Refuse("id", Clip(s)+" is not a name", "use up to 128 bytes of UTF-8 text")
	}
	return strings.Clone(s)
}
