package report

import (
	"cmp"
	"fmt"
	"slices"

	"upwind/quality/aqi"
)

// sheet is a table of the page.
type sheet struct {
	Heads []column
	Rows  [][]cell
}

// column is the head of one.
type column struct {
	Text, Unit string
	Left       bool
}

// cell of a table; the first of a row is a name.
type cell struct {
	Text      string
	Fill, Ink string
	Class     string // css
}

// onPage is the order of the pollutants in tables: what a reader looks for first.
var onPage = []aqi.Pollutant{aqi.PM25, aqi.PM10, aqi.O3, aqi.NO2, aqi.SO2, aqi.CO}

func (r *Report) sheet(level aqi.Level) *sheet {
	rows := r.Level(level)
	if len(rows) == 0 {
		return nil
	}
	if level == aqi.LevelCounty && len(rows) > 1 {
		if c := r.city(); c != nil {
			rows = append([]*Row{c}, rows...)
		}
	}
	if r.Period.Monthly {
		return r.monthSheet(level, rows)
	}
	return r.daySheet(level, rows)
}

// names are the columns that say which place a line is about.
func (r *Report) names(level aqi.Level) []column {
	l := r.Lang
	left := func(zh, en string) column { return column{Text: l.pick(zh, en), Left: true} }
	switch level {
	case aqi.LevelCounty:
		return []column{left("县（市、区）", "County")}
	case aqi.LevelTown:
		return []column{left("乡镇（街道）", "Town"), left("县（市、区）", "County")}
	}
	return []column{left("站点", "Station"), left("类型", "Kind"), left("所在乡镇", "Town")}
}

func (r *Report) firstCells(level aqi.Level, row *Row) []cell {
	out := []cell{{Text: mark(row), Class: "name"}}
	switch level {
	case aqi.LevelTown:
		out = append(out, cell{Text: row.Parent, Class: "name dim"})
	case aqi.LevelStation:
		kind := r.Lang.pick("标准站", "reference")
		if row.Area.Basis == aqi.Sensors {
			kind = r.Lang.pick("微型站", "small sensor")
		}
		out = append(out, cell{Text: kind, Class: "name dim"}, cell{Text: row.Parent, Class: "name dim"})
	}
	if row.Area.Level == aqi.LevelCity {
		out[0].Class = "name city"
	}
	return out
}

// pollutants are the columns of the six.
func pollutants() (out []column) {
	for _, p := range onPage {
		unit := "μg/m³"
		if p == aqi.CO {
			unit = "mg/m³"
		}
		out = append(out, column{Text: subscript(p), Unit: unit})
	}
	return out
}

func (r *Report) monthSheet(level aqi.Level, rows []*Row) *sheet {
	l := r.Lang
	s := &sheet{Heads: append(r.names(level), column{Text: l.pick("优良/有效", "Good/valid"), Unit: l.pick("天", "days")})}
	s.Heads = append(append(s.Heads, pollutants()...), column{Text: l.pick("综合指数", "Composite")}, column{Text: l.pick("完整率", "Complete"), Unit: "%"})
	for _, row := range rows {
		cells := r.firstCells(level, row)
		days := "—"
		if row.Sum.Valid > 0 {
			days = fmt.Sprintf("%d/%d", row.Sum.Good, row.Sum.Valid)
		}
		cells = append(cells, cell{Text: days, Class: "num"})
		for _, p := range onPage {
			cells = append(cells, cell{Text: dash(value(row.Sum.Values, p)), Class: "num"})
		}
		composite := "—"
		if row.Sum.Composite != nil {
			composite = fmt.Sprintf("%.2f", *row.Sum.Composite)
		}
		s.Rows = append(s.Rows, append(cells, cell{Text: composite, Class: "num"}, complete(row)))
	}
	return s
}

func (r *Report) daySheet(level aqi.Level, rows []*Row) *sheet {
	l := r.Lang
	s := &sheet{Heads: append(r.names(level), column{Text: "AQI"}, column{Text: l.pick("级别", "Class"), Left: true}, column{Text: l.pick("首要污染物", "Primary"), Left: true})}
	s.Heads = append(append(s.Heads, pollutants()...), column{Text: l.pick("完整率", "Complete"), Unit: "%"})
	for _, row := range rows {
		f := row.Days[0]
		cells := r.firstCells(level, row)
		index, class := cell{Text: "—", Class: "num"}, ""
		if f.AQI != nil {
			index = cell{Text: fmt.Sprint(*f.AQI), Class: "index"}
			index.Fill, index.Ink = colours(f.Class)
			class = l.class(f.Class)
		}
		cells = append(cells, index, cell{Text: dash(class), Class: "name"}, cell{Text: dash(l.pollutants(f.Primary)), Class: "name"})
		for _, p := range onPage {
			c := cell{Text: dash(value(f.Values, p)), Class: "num"}
			if f.Individual[p] > 100 {
				c.Class = "num over"
			}
			cells = append(cells, c)
		}
		s.Rows = append(s.Rows, append(cells, complete(row)))
	}
	return s
}

// complete is the share of hours that were measured; below three quarters it stands out.
func complete(row *Row) cell {
	c := cell{Text: fmt.Sprintf("%.0f", 100*row.Complete), Class: "num dim"}
	if row.Complete < 0.75 {
		c.Class = "num over"
	}
	return c
}

func sortByRank(rows []*Row) {
	slices.SortStableFunc(rows, func(a, b *Row) int {
		return cmp.Or(cmp.Compare(a.Rank.Rank, b.Rank.Rank), cmp.Compare(a.Rank.Mean, b.Rank.Mean), cmp.Compare(a.Area.Code, b.Area.Code))
	})
}
