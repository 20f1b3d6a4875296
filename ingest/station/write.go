package station

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"upwind"
)

// Write writes a registry as [Read] reads it: UTF-8 with a byte order mark, without which spreadsheets take Chinese names for
// something else. Passwords of devices are in it.
func Write(w io.Writer, stations []upwind.Station) error {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return fmt.Errorf("station: writing the registry: %w", err)
	}
	c := csv.NewWriter(w)
	_ = c.Write(Columns) // Flush has the error
	for i := range stations {
		_ = c.Write(cells(&stations[i]))
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("station: writing the registry: %w", err)
	}
	return nil
}

// cells are the columns of a station, in the order of [Columns].
func cells(s *upwind.Station) []string {
	d := s.Device
	if d == nil {
		d = &upwind.Device{}
	}
	version := ""
	if d.Version != nil {
		version = strconv.Itoa(*d.Version)
	}
	var units, limits []string
	for _, k := range slices.Sorted(maps.Keys(d.Units)) {
		units = append(units, k+"="+d.Units[k])
	}
	for _, k := range slices.Sorted(maps.Keys(s.Limits)) {
		limits = append(limits, k+"="+number(s.Limits[k]))
	}
	return []string{s.ID, s.Name, string(s.Kind), number(s.Lon), number(s.Lat), number(s.HeightM), s.Town, d.MN, d.PW, version,
		strings.Join(units, ";"), yesNo(d.StampsEnd), yesNo(d.UTC), unless0(d.MinuteS), s.SiteID, strings.Join(limits, ";"), unless0(s.WaterClass)}
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func unless0(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
