package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"upwind/quality/aqi"
)

// side of the mean of all on which a place lies for sure.
type side string

const (
	above side = "above"
	below side = "below"
)

// ranking is the chart of the places of a level, cut into pieces that fit a page.
type ranking struct {
	Title    string
	Lead     string // what the ranks say, in a sentence
	Count    int
	Chunks   []rankChunk
	Unranked string // names of places without a rank
	Keys     []rankKey
}

type rankKey struct{ Text, Class string }

type rankChunk struct {
	Name   string
	W, H   float64
	Groups []rankGroup
	Rows   []rankRow
	Ticks  []rankTick
	MeanX  float64
}

// rankGroup are places of one rank.
type rankGroup struct {
	Y, H  float64
	Label string
	Even  bool
}

type rankRow struct {
	Y, X, X0, X1 float64
	Name, Value  string
	Side         side
	Sensors      bool
}

type rankTick struct {
	X    float64
	Text string
}

const (
	rankRowH  = 15.0
	rankTop   = 24.0
	rankLabel = 46.0
	rankX0    = 172.0
	rankX1    = 560.0
	perChunk  = 56 // rows that a page of A4 holds
)

func (r *Report) ranking(level aqi.Level) *ranking {
	rule, ok := r.RankedBy[string(level)]
	if !ok {
		return nil
	}
	rows, unranked := r.ranked(level)
	if len(rows) < 2 {
		return nil
	}
	l := r.Lang
	k := &ranking{Count: len(rows), Unranked: strings.Join(unranked, l.pick("、", ", "))}
	what := l.pick("乡镇（街道）排名", "Ranking of the towns")
	if level == aqi.LevelCounty {
		what = l.pick("县（市、区）排名", "Ranking of the counties")
	}
	k.Title = what + l.pick("：", ": ") + l.rule(rule)
	k.Lead = r.lead(rows)
	if rule == Composite && r.Period.Monthly {
		k.Lead += l.pick("日均综合指数为逐日计算后的平均，CO、O₃ 不取百分位数，因而小于表中的综合指数。", " The mean of the daily index takes CO and O₃ as they were, not their percentiles, and so lies below the composite index of the tables.")
	}
	a := newAxis(rows, rule)
	even := false
	for from := 0; from < len(rows); from += perChunk {
		c := a.chunk(rows, from, &even)
		c.Name = k.Title
		k.Chunks = append(k.Chunks, c)
	}
	k.Keys = []rankKey{{l.pick("明显好于平均", "clearly better than the mean"), "below"}, {l.pick("与平均无明显差别", "not apart from the mean"), ""}, {l.pick("明显差于平均", "clearly worse than the mean"), "above"}}
	if slices.ContainsFunc(rows, func(row *Row) bool { return row.Area.Basis == aqi.Sensors }) {
		k.Keys = append(k.Keys, rankKey{l.pick("空心：仅有微型站", "hollow: small sensors only"), "sensors"})
	}
	return k
}

// axis is what the values of a ranking are drawn along.
type axis struct {
	lo, hi, mean float64
	digits       int
}

func newAxis(rows []*Row, rule Rule) axis {
	a := axis{lo: math.Inf(1), hi: math.Inf(-1), digits: 1}
	if rule == Composite {
		a.digits = 2
	}
	for _, row := range rows {
		a.lo, a.hi = min(a.lo, row.Rank.Lo95), max(a.hi, row.Rank.Hi95)
		a.mean += row.Rank.Mean / float64(len(rows))
	}
	pad := 0.03 * (a.hi - a.lo)
	a.lo, a.hi = max(0, a.lo-pad), a.hi+pad
	return a
}

func (a axis) at(v float64) float64 {
	return rankX0 + (rankX1-rankX0)*(v-a.lo)/max(a.hi-a.lo, 1e-9)
}

func (a axis) number(v float64) string { return strconv.FormatFloat(v, 'f', a.digits, 64) }

// chunk draws the rows of one page; even alternates from group to group.
func (a axis) chunk(rows []*Row, from int, even *bool) rankChunk {
	part := rows[from:min(from+perChunk, len(rows))]
	c := rankChunk{W: chartW, H: rankTop + rankRowH*float64(len(part)) + 4, MeanX: a.at(a.mean)}
	for _, v := range ticks(a.lo, a.hi, 6) {
		c.Ticks = append(c.Ticks, rankTick{a.at(v), strconv.FormatFloat(v, 'g', 6, 64)})
	}
	for i, row := range part {
		y := rankTop + rankRowH*float64(i)
		q := row.Rank
		another := from+i == 0 || q.Rank != rows[from+i-1].Rank.Rank
		if another {
			*even = !*even
		}
		if another || i == 0 {
			c.Groups = append(c.Groups, rankGroup{Y: y, Label: place(*q), Even: *even})
		}
		c.Groups[len(c.Groups)-1].H += rankRowH
		out := rankRow{Y: y + rankRowH/2, X: a.at(q.Mean), X0: a.at(q.Lo95), X1: a.at(q.Hi95), Name: clip(mark(row), rankX0-rankLabel-8, 11), Sensors: row.Area.Basis == aqi.Sensors}
		out.Value = fmt.Sprintf("%s (%s–%s)", a.number(q.Mean), a.number(q.Lo95), a.number(q.Hi95))
		switch {
		case q.Lo95 > a.mean:
			out.Side = above
		case q.Hi95 < a.mean:
			out.Side = below
		}
		c.Rows = append(c.Rows, out)
	}
	return c
}

// lead says in a sentence what the ranks are worth.
func (r *Report) lead(rows []*Row) string {
	l, n, groups := r.Lang, len(rows), 0
	for i, row := range rows {
		if i == 0 || row.Rank.Rank != rows[i-1].Rank.Rank {
			groups++
		}
	}
	if groups == 1 {
		return fmt.Sprintf(l.pick("%d 个地区的置信区间首尾相连，按现有数据不能分出先后，名次并列。", "The intervals of all %d places overlap one after the other: the data cannot tell them apart, and they share one rank."), n)
	}
	return fmt.Sprintf(l.pick("共 %d 个地区，按现有数据可以分为 %d 组；同组之内不分先后。", "%d places in %d groups that the data can tell apart; within a group no order."), n, groups)
}

// place is a rank as it is written: 3, or 3–9 where seven share it.
func place(k aqi.Ranked) string {
	if k.Equal < 2 {
		return fmt.Sprint(k.Rank)
	}
	return fmt.Sprintf("%d–%d", k.Rank, k.Rank+k.Equal-1)
}

// ranked are the rows of a level by rank and mean, and the names of those without a rank that measured at all.
func (r *Report) ranked(level aqi.Level) (rows []*Row, unranked []string) {
	for _, row := range r.Level(level) {
		switch {
		case row.Rank == nil || row.Rank.Days == 0:
		case row.Rank.Rank == 0:
			unranked = append(unranked, mark(row))
		default:
			rows = append(rows, row)
		}
	}
	sortByRank(rows)
	return rows, unranked
}
