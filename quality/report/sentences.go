package report

import (
	"fmt"
	"slices"
	"strings"

	"upwind/quality/aqi"
)

// sentences are what a hurried reader should know.
func (r *Report) sentences() (out []string) {
	if c := r.city(); c != nil {
		if r.Period.Monthly {
			out = append(out, r.monthOf(c)...)
		} else {
			out = append(out, r.dayOf(c))
		}
	}
	if s := r.extremes(); s != "" {
		out = append(out, s)
	}
	return append(out, r.standing()...)
}

func (r *Report) dayOf(c *Row) string {
	f, l := c.Days[0], r.Lang
	if f.AQI == nil {
		return l.pick("全市有效数据不足，当日不发布 AQI。", "There is too little valid data for an index of the city.")
	}
	s := fmt.Sprintf(l.pick("全市 AQI 为 %d，%s", "The city's AQI is %d, %s"), *f.AQI, l.class(f.Class))
	if len(f.Primary) > 0 {
		s += l.pick("，首要污染物为 ", ", by ") + l.pollutants(f.Primary)
	}
	return s + l.pick("。", ".")
}

func (r *Report) monthOf(c *Row) (out []string) {
	s, l := c.Sum, r.Lang
	if s.Valid == 0 {
		return []string{l.pick("全市没有有效监测日。", "The city has no valid day.")}
	}
	out = append(out, fmt.Sprintf(l.pick("全市有效监测 %d 天，优良 %d 天，优良率 %s；重度及以上污染 %d 天。", "Of %d valid days in the city %d were excellent or good (%s); %d were heavily or severely polluted."),
		s.Valid, s.Good, percent(s.Good, s.Valid), s.Heavy))
	var parts []string
	for _, p := range byDays(s.Primary) {
		parts = append(parts, fmt.Sprintf(l.pick("%s %d 天", "%s on %d days"), subscript(p), s.Primary[p]))
	}
	if len(parts) > 0 {
		out = append(out, l.pick("首要污染物：", "Primary pollutants: ")+strings.Join(parts, l.pick("，", ", "))+l.pick("。", "."))
	}
	return out
}

// byDays are the pollutants that were primary, most days first.
func byDays(days map[aqi.Pollutant]int) (out []aqi.Pollutant) {
	for _, p := range aqi.Pollutants {
		if days[p] > 0 {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(a, b aqi.Pollutant) int { return days[b] - days[a] })
	return out
}

// extremes names the counties with the cleanest and the dirtiest air, if their intervals lie apart or, of a day, by their AQI.
func (r *Report) extremes() string {
	l := r.Lang
	var lo, hi *Row
	at := func(row *Row) int { return *row.Days[0].AQI }
	for _, row := range r.Level(aqi.LevelCounty) {
		if r.Period.Monthly || row.Days[0].AQI == nil {
			continue
		}
		if lo == nil || at(row) < at(lo) {
			lo = row
		}
		if hi == nil || at(row) > at(hi) {
			hi = row
		}
	}
	if lo == nil || lo == hi || at(lo) == at(hi) {
		return ""
	}
	return fmt.Sprintf(l.pick("县（市、区）中 AQI 最高的是%s（%d），最低的是%s（%d）。", "Of the counties %s has the highest AQI (%d) and %s the lowest (%d)."), mark(hi), at(hi), mark(lo), at(lo))
}

// standing names the towns that lie apart from the mean of all for sure.
func (r *Report) standing() (out []string) {
	k, l := r.ranking(aqi.LevelTown), r.Lang
	if k == nil {
		return nil
	}
	var worse, better []string
	for _, chunk := range k.Chunks {
		for _, row := range chunk.Rows {
			switch row.Side {
			case above:
				worse = append(worse, row.Name)
			case below:
				better = append(better, row.Name)
			}
		}
	}
	slices.Reverse(worse)
	say := func(names []string, zh, one, many string) {
		if len(names) == 0 {
			return
		}
		shown := names
		if len(shown) > 5 {
			shown = shown[:5]
		}
		en := many
		if len(names) == 1 {
			en = one
		}
		s := fmt.Sprintf(l.pick(zh, en), len(names)) + strings.Join(shown, l.pick("、", ", "))
		if len(shown) < len(names) {
			s += l.pick(" 等", " and others")
		}
		out = append(out, s+l.pick("。", "."))
	}
	say(worse, "明显差于全市乡镇平均水平的乡镇（街道）有 %d 个：", "%d town is clearly worse than the mean of the towns: ", "%d towns are clearly worse than the mean of the towns: ")
	say(better, "明显好于平均水平的有 %d 个：", "%d town is clearly better than the mean: ", "%d towns are clearly better than the mean: ")
	if len(worse)+len(better) == 0 && k.Count > 1 {
		out = append(out, l.pick("在测量误差范围内，各乡镇（街道）与平均水平没有明显差别。", "Within what can be measured no town differs from the mean of the towns."))
	}
	return out
}

// mark is a name, with a star where small sensors stand in.
func mark(row *Row) string {
	if row.Area.Basis == aqi.Sensors && row.Area.Level != aqi.LevelStation {
		return row.Name + "*"
	}
	return row.Name
}
