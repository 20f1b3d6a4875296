package web_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	wordEntry = regexp.MustCompile(`'([a-z]+\.[\w.-]+)': '`)
	wordUse   = regexp.MustCompile(`(?:\bt\(|data-i18n(?:-label|-title|-placeholder)?=)['"]([a-z]+\.[\w.-]+)['"]`)
	hole      = regexp.MustCompile(`\{(\w+)\}`)
	wordLine  = regexp.MustCompile(`'([a-z]+\.[\w.-]+)': '([^']*)'`)
)

func words(t *testing.T, name string) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("static", "words", name))
	require.NoError(t, err)
	m := map[string]string{}
	for _, e := range wordLine.FindAllStringSubmatch(string(raw), -1) {
		require.NotContains(t, m, e[1], "twice in %s", name)
		m[e[1]] = e[2]
	}
	require.Len(t, m, len(wordEntry.FindAllString(string(raw), -1)))
	return m
}

func TestBothLanguagesHaveEveryWord(t *testing.T) {
	zh, en := words(t, "zh-CN.js"), words(t, "en.js")
	for key, text := range zh {
		require.Contains(t, en, key)
		holes, other := hole.FindAllString(text, -1), hole.FindAllString(en[key], -1)
		slices.Sort(holes)
		slices.Sort(other)
		require.Equal(t, holes, other, key)
	}
	require.Len(t, en, len(zh))

	var used int
	for _, pattern := range []string{"static/*.js", "static/*.html"} {
		names, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, name := range names {
			raw, err := os.ReadFile(name)
			require.NoError(t, err)
			for _, u := range wordUse.FindAllStringSubmatch(string(raw), -1) {
				require.Contains(t, zh, u[1], name)
				used++
			}
		}
	}
	require.Greater(t, used, 50)
}
