package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"
)

// release is one controlled release of METEC ADED 2022.
type release struct {
	start, end time.Time
	at         orb.Point
	gramsPerS  float64
}

// metecWindow is how much of the record around a release a trace is given.
const metecWindow = 2 * time.Hour

func readWith[T any](path string, read func(string, io.Reader) ([]T, error)) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return read(filepath.Base(path), f)
}

func during[T any](all []T, from, to time.Time, at func(T) time.Time) []T {
	var out []T
	for _, x := range all {
		if t := at(x); !t.Before(from) && t.Before(to) {
			out = append(out, x)
		}
	}
	return out
}

func readReleases(path string) ([]release, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(raw), "\ufeff"))).ReadAll()
	if err != nil {
		return nil, err
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	const layout = "2006-01-02 15:04:05-07:00"
	var out []release
	for _, row := range rows[1:] {
		num := func(name string) (v float64) {
			v, nerr := strconv.ParseFloat(row[column[name]], 64)
			if nerr != nil {
				err = nerr
			}
			return v
		}
		var r release
		var serr, eerr error
		r.start, serr = time.Parse(layout, row[column["tc_ExpStartDatetime"]])
		r.end, eerr = time.Parse(layout, row[column["tc_ExpEndDatetime"]])
		r.at = orb.Point{num("tc_Longitude"), num("tc_Latitude")}
		r.gramsPerS = num("tc_C1MassFlow") / 3600
		if err != nil || serr != nil || eerr != nil {
			return nil, fmt.Errorf("%s: a release cannot be read: %v", path, row)
		}
		out = append(out, r)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].start.Before(out[j].start) })
	return out, nil
}
