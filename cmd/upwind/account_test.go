package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"upwind/access"
)

func runAccount(t *testing.T, input string, args ...string) (string, error) {
	c := accountCommand()
	var out bytes.Buffer
	c.SetOut(&out)
	c.SetErr(&out)
	c.SetIn(strings.NewReader(input))
	c.SetArgs(args)
	c.SilenceUsage = true
	err := c.ExecuteContext(t.Context())
	return out.String(), err
}

func TestAccountsFromTheCommandLine(t *testing.T) {
	dir := t.TempDir()
	out, err := runAccount(t, "", "list", "--data", dir)
	require.NoError(t, err)
	require.Contains(t, out, "there is no account")
	_, err = runAccount(t, "too short\n", "put", "Li.Wei", "--data", dir, "--role", "analyst", "--area", "371502")
	require.ErrorContains(t, err, "at least 10")
	_, err = runAccount(t, "dust in the wind\n", "put", "Li.Wei", "--data", dir, "--role", "king", "--area", "371502")
	require.ErrorContains(t, err, `no role "king"`)
	out, err = runAccount(t, "dust in the wind\n", "put", "Li.Wei", "--data", dir, "--name", "李伟", "--role", "analyst,inspector", "--area", "371502", "--officer", "G-1")
	require.NoError(t, err)
	require.Equal(t, "li.wei is saved: [analyst inspector], 371502\n", out)
	out, err = runAccount(t, "", "put", "li.wei", "--data", dir, "--closed")
	require.NoError(t, err)
	require.Contains(t, out, "saved")
	out, err = runAccount(t, "", "list", "--data", dir, "--json")
	require.NoError(t, err)
	require.Contains(t, out, `"disabled":true`)
	require.NotContains(t, out, "argon2")

	h, err := openData(t.Context(), dir)
	require.NoError(t, err)
	defer h.Close()
	a, _, err := (&office{bus: h.bus}).Account(t.Context(), "li.wei")
	require.NoError(t, err)
	require.True(t, access.CheckPassword(a.Password, "dust in the wind"), "an empty line kept it")
	require.Equal(t, 1, a.Epoch)
	require.Equal(t, "G-1", a.OfficerID)
}
