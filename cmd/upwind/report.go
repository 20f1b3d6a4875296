package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/ingest/station"
	"upwind/ingest/weather"
	airreport "upwind/quality/report"
)

// reportFlags are the flags of `upwind report`.
type reportFlags struct {
	stations, names, day, month, lang, out string
	readings                               []string
	memoryMB                               int
}

// reportCommand writes the air quality of a day or a month from files: no server, no data folder.
func reportCommand() *cobra.Command {
	f := &reportFlags{}
	c := &cobra.Command{
		Use:   "report --stations F.csv --readings F.csv (--day 2026-03-05 | --month 2026-03) -o F.csv|F.html",
		Short: "air quality of a day or a month by HJ 633: stations, towns, counties, ranking; a table or a page to print",
		Long: "report makes the air quality index of stations, towns and counties from hourly readings, and ranks the towns as far as they can be told\n" +
			"apart. A name that ends in .html gives a page to print, one in .csv a table; without -o the table goes to standard output.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	p := c.Flags()
	p.StringVar(&f.stations, "stations", "", "registry of stations, CSV, with their towns")
	p.StringArrayVar(&f.readings, "readings", nil, "table of hourly readings, CSV (docs/formats/readings.md); may come several times")
	p.StringVar(&f.names, "names", "", "names of cities, counties and towns, CSV with columns code (4, 6 or 9 digits) and name")
	p.StringVar(&f.day, "day", "", "a day of Beijing time such as 2026-03-05")
	p.StringVar(&f.month, "month", "", "a month such as 2026-03")
	p.StringVar(&f.lang, "lang", string(airreport.Chinese), "language of the page, zh or en")
	p.StringVarP(&f.out, "output", "o", "", "write to this file, .csv or .html (default the table on standard output)")
	p.IntVar(&f.memoryMB, "memory-mb", walledMemoryMB, "memory the command may use")
	return c
}

func (f *reportFlags) run(cmd *cobra.Command) error {
	in, err := f.check()
	if err != nil {
		return err
	}
	if err := behindWalls(append(slices.Clone(f.readings), outputs(f.stations, f.names)...), outputs(f.out), f.memoryMB); err != nil {
		return err
	}
	if in.Stations, err = readTable(f.stations, station.Read); err != nil {
		return err
	}
	for _, path := range f.readings {
		hours, err := readTable(path, weather.ReadReadingsCSV)
		if err != nil {
			return err
		}
		in.Hours = append(in.Hours, hours...)
	}
	if f.names != "" {
		if in.Names, err = readNamesOf(f.names); err != nil {
			return err
		}
	}
	if note := strangers(in); note != "" {
		fmt.Fprintln(cmd.ErrOrStderr(), note)
	}
	r, err := airreport.New(in)
	if err != nil {
		return err
	}
	return output(cmd, f.out, func(w io.Writer) error {
		if strings.EqualFold(filepath.Ext(f.out), ".html") {
			return r.HTML(w)
		}
		return r.CSV(w)
	})
}

// check reads the flags.
func (f *reportFlags) check() (in airreport.Input, err error) {
	usage := func(format string, args ...any) (airreport.Input, error) {
		return in, usageError{fmt.Errorf(format, args...)}
	}
	ext := strings.ToLower(filepath.Ext(f.out))
	switch {
	case f.stations == "":
		return usage("name the registry of stations with --stations")
	case len(f.readings) == 0:
		return usage("name the readings with --readings")
	case (f.day == "") == (f.month == ""):
		return usage("give one of --day and --month")
	case f.out != "" && ext != ".csv" && ext != ".html":
		return usage("the output %s ends neither in .csv nor in .html", f.out)
	}
	if in.Lang, err = airreport.ParseLang(f.lang); err != nil {
		return usage("--lang is zh or en, not %q", f.lang)
	}
	in.Period, err = airreport.ParsePeriod(f.day + f.month)
	switch {
	case f.day != "" && (err != nil || in.Period.Monthly):
		return usage("--day is a day such as 2026-03-05, not %q", f.day)
	case f.month != "" && (err != nil || !in.Period.Monthly):
		return usage("--month is a month such as 2026-03, not %q", f.month)
	}
	return in, nil
}

// readTable reads one file under its own name.
func readTable[T any](path string, read func(name string, r io.Reader) ([]T, error)) ([]T, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, notOpened(path, err)
	}
	defer file.Close()
	return read(filepath.Base(path), file)
}

// strangers says which stations of the readings the registry does not know.
func strangers(in airreport.Input) string {
	known := map[string]bool{}
	for _, s := range in.Stations {
		known[s.ID] = true
	}
	var unknown []string
	for _, o := range in.Hours {
		if !known[o.StationID] {
			known[o.StationID] = true
			unknown = append(unknown, o.StationID)
		}
	}
	slices.Sort(unknown)
	switch n := len(unknown); {
	case n == 0:
		return ""
	case n > 5:
		return fmt.Sprintf("%d stations of the readings are not in the registry and were left out: %s, ...", n, strings.Join(unknown[:5], ", "))
	}
	return "not in the registry and left out: " + strings.Join(unknown, ", ")
}

// maxNames bounds a table of names: all towns of China are 40,000.
const (
	maxNames      = 100_000
	maxNamesBytes = 16 << 20
)

func readNamesOf(path string) (map[string]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, notOpened(path, err)
	}
	defer file.Close()
	return readNames(filepath.Base(path), file)
}

// readNames reads names of places: the columns code and name; where a column town stands beside a code of six digits, its first three digits
// go behind it, as in the list of the civil affairs.
func readNames(name string, r io.Reader) (map[string]string, error) {
	c := csv.NewReader(io.LimitReader(r, maxNamesBytes))
	c.FieldsPerRecord = -1
	head, err := c.Read()
	if err != nil {
		return nil, &upwind.Refusal{File: name, What: "this is no table of names", Do: "hand in a CSV with the columns code and name", Err: err}
	}
	col := map[string]int{}
	for i, h := range head {
		col[strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))] = i
	}
	code, hasCode := col["code"]
	word, hasName := col["name"]
	town, hasTown := col["town"]
	if !hasCode || !hasName {
		return nil, upwind.Refuse(name, "line 1", "the columns code and name are not both there", "name the columns code and name")
	}
	out := map[string]string{}
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, &upwind.Refusal{File: name, What: "this is no table of names", Do: "hand in a CSV with the columns code and name", Err: err}
		}
		line, _ := c.FieldPos(0)
		where := fmt.Sprintf("line %d", line)
		switch {
		case len(row) <= max(code, word):
			return nil, upwind.Refuse(name, where, "it has fewer columns than the first line", "fill in code and name")
		case len(out) >= maxNames:
			return nil, upwind.Refuse(name, where, fmt.Sprintf("more than %d places", maxNames), "hand in the places of one city")
		}
		key := strings.TrimSpace(row[code])
		if hasTown && len(key) == 6 && len(row) > town && len(row[town]) >= 3 {
			key += row[town][:3]
		}
		if n := len(key); strings.Trim(key, "0123456789") != "" || n != 4 && n != 6 && n != 9 && n != 12 {
			return nil, upwind.Refuse(name, where, fmt.Sprintf("%.20q is no division code", key), "write 4 digits of a city, 6 of a county or 9 of a town")
		}
		out[key[:min(len(key), 9)]] = strings.TrimSpace(row[word])
	}
}
