package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"upwind/quality/aqi"
)

//go:embed page.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// page is what the template prints.
type page struct {
	Lang      string
	Title     string
	Period    string
	Sub       string
	Sentences []string
	Tiles     []tile
	Calendar  *calendar
	Shares    *shares
	Matrix    *matrix
	Counties  *sheet
	Rankings  []*ranking
	Towns     *sheet
	Stations  *sheet
	Notes     []string
	Legend    []box
	Words     map[string]string
}

// tile is one large figure.
type tile struct {
	Label, Value, Unit, Note string
	Fill, Ink                string // of an index
}

// HTML writes the page: one file without scripts or links, for a screen and for A4 paper.
func (r *Report) HTML(w io.Writer) error {
	l := r.Lang
	p := &page{
		Lang:     l.tag(),
		Title:    r.title(),
		Period:   l.period(r.Period),
		Sub:      l.pick("评价标准：", "Index by ") + strings.Join(r.Editions, l.pick("、", ", ")) + r.network(),
		Calendar: r.calendar(), Shares: r.shares(), Matrix: r.matrix(),
		Counties: r.sheet(aqi.LevelCounty), Towns: r.sheet(aqi.LevelTown), Stations: r.sheet(aqi.LevelStation),
		Sentences: r.sentences(), Tiles: r.tiles(), Notes: r.notes(), Legend: r.legend(),
		Words: map[string]string{
			"counties": l.pick("各县（市、区）", "Counties"), "towns": l.pick("各乡镇（街道）", "Towns"), "stations": l.pick("各监测站点", "Stations"),
			"notes": l.pick("说明", "Notes"), "generated": l.pick("顺风追源系统自动生成，未经人工审核", "Made by Upwind; not reviewed by a person"),
			"calendar": l.pick("空气质量日历", "Calendar"), "shares": l.pick("级别与首要污染物", "Classes and primary pollutants"),
			"unranked": l.pick("有效天数不足，未排名：", "Too few valid days for a rank: "),
		},
	}
	if p.Calendar != nil {
		p.Calendar.Name, p.Shares.Name = p.Words["calendar"], p.Words["shares"]
	}
	if p.Matrix != nil {
		p.Words["matrix"] = l.pick("各县（市、区）逐日 AQI", "AQI of the counties, day by day")
		if !r.Period.Monthly {
			p.Words["matrix"] = l.pick("各县（市、区）逐时 AQI", "AQI of the counties, hour by hour")
		}
		p.Matrix.Name = p.Words["matrix"]
	}
	for _, level := range []aqi.Level{aqi.LevelCounty, aqi.LevelTown} {
		if k := r.ranking(level); k != nil {
			p.Rankings = append(p.Rankings, k)
		}
	}
	return pageTemplate.Execute(w, p)
}

func (r *Report) title() string {
	l := r.Lang
	name := ""
	if c := r.city(); c != nil && c.Name != c.Area.Code {
		name = c.Name
	}
	what := l.pick("环境空气质量日报", "Air quality of the day")
	if r.Period.Monthly {
		what = l.pick("环境空气质量月报", "Air quality of the month")
	}
	if name == "" {
		return what
	}
	return name + l.pick("", ": ") + what
}

// network counts the stations.
func (r *Report) network() string {
	n := map[aqi.Basis]int{}
	for _, row := range r.Level(aqi.LevelStation) {
		n[row.Area.Basis]++
	}
	s := ""
	if n[aqi.Reference] > 0 {
		s += fmt.Sprintf(r.Lang.pick("　标准站 %d 个", " · reference stations: %d"), n[aqi.Reference])
	}
	if n[aqi.Sensors] > 0 {
		s += fmt.Sprintf(r.Lang.pick("　微型站 %d 个", " · small sensors: %d"), n[aqi.Sensors])
	}
	return s
}

// tiles are the large figures of the city.
func (r *Report) tiles() []tile {
	c, l := r.city(), r.Lang
	if c == nil {
		return nil
	}
	ug := "μg/m³"
	conc := func(p aqi.Pollutant, v aqi.Values, unit, note string) tile {
		return tile{Label: subscript(p), Value: dash(value(v, p)), Unit: unit, Note: note}
	}
	if !r.Period.Monthly {
		f := c.Days[0]
		t := tile{Label: "AQI", Value: "—", Note: l.pick("数据不足", "too little data")}
		if f.AQI != nil {
			t.Value, t.Note = fmt.Sprint(*f.AQI), l.class(f.Class)
			t.Fill, t.Ink = colours(f.Class)
		}
		out := []tile{t}
		for _, p := range []aqi.Pollutant{aqi.PM25, aqi.PM10, aqi.O3, aqi.NO2, aqi.SO2, aqi.CO} {
			unit := ug
			if p == aqi.CO {
				unit = "mg/m³"
			}
			note := ""
			if i, ok := f.Individual[p]; ok {
				note = fmt.Sprintf(l.pick("分指数 %d", "index %d"), i)
			}
			out = append(out, conc(p, f.Values, unit, note))
		}
		return out
	}
	s := c.Sum
	composite := "—"
	if s.Composite != nil {
		composite = fmt.Sprintf("%.2f", *s.Composite)
	}
	mean := l.pick("月均值", "mean")
	return []tile{
		{Label: l.pick("优良天数", "Good days"), Value: fmt.Sprint(s.Good), Unit: fmt.Sprintf("/ %d", s.Valid), Note: l.pick("优良率 ", "share ") + percent(s.Good, s.Valid)},
		conc(aqi.PM25, s.Values, ug, mean), conc(aqi.PM10, s.Values, ug, mean),
		conc(aqi.O3, s.Values, ug, l.pick("日最大8小时第90百分位", "daily 8 h maximum, 90th percentile")),
		conc(aqi.NO2, s.Values, ug, mean),
		{Label: l.pick("综合指数", "Composite index"), Value: composite, Note: l.pick("越小越好", "lower is better")},
	}
}

func percent(n, of int) string {
	if of == 0 {
		return "—"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(of))
}

func dash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

// colours are the fill of a class and the ink that can be read on it.
func colours(c aqi.Class) (fill, ink string) {
	k := c.RGB()
	fill = fmt.Sprintf("#%02x%02x%02x", k[0], k[1], k[2])
	if c >= aqi.Moderate {
		return fill, "#ffffff"
	}
	return fill, "#1a1a1a"
}

// legend is the scale of the index.
func (r *Report) legend() (out []box) {
	spans := []string{"0–50", "51–100", "101–150", "151–200", "201–300", "> 300"}
	for c := aqi.Excellent; c <= aqi.Severe; c++ {
		b := box{Text: r.Lang.class(c), Small: spans[c-1]}
		b.Fill, b.Ink = colours(c)
		out = append(out, b)
	}
	return out
}

// notes say how the figures were made.
func (r *Report) notes() (out []string) {
	l := r.Lang
	add := func(zh, en string) { out = append(out, l.pick(zh, en)) }
	add("日期按北京时间。日均值至少需要 20 个有效小时；臭氧取日最大 8 小时滑动平均。缺项时，仅当其余项目的 AQI 大于 100 才发布。",
		"Days are those of Beijing time. A daily mean needs 20 valid hours; ozone is the highest running 8 h mean of the day. With a pollutant missing an index is published only above 100.")
	add("区域数值为区域内标准站浓度的算术平均，再计算指数；有效站点少于四分之三（站点少于 4 个时少于一半）则无数值。没有标准站的区域由微型站给出，以“*”标注，仅供参考。工地、料场围界的扬尘监测不参与评价。",
		"An area's figure is the mean of the concentrations of its reference stations, then the index; it needs three quarters of them valid, of fewer than four a half. Where an area has none, small sensors stand in, marked with *: an indication only. Dust monitors at fences do not count.")
	if r.Period.Monthly {
		out = append(out, fmt.Sprintf(l.pick("月值至少需要 %d 个有效日均值；一氧化碳为日均值第 95 百分位数，臭氧为日最大 8 小时均值第 90 百分位数。综合指数以 GB 3095-2012 二级年均浓度限值为基准，便于与往年比较。",
			"A figure of the month needs %d valid days; of CO it is the 95th percentile of the days, of ozone the 90th percentile of the daily 8 h maxima. The composite index divides by the annual limits of GB 3095-2012, class II, so that years compare."), r.MinDays))
	}
	if len(r.RankedBy) > 0 {
		add("排名图中的横线为 95% 置信区间，含站点仪器的系统误差（标准站 10%，微型站 20%）和月内逐日波动；缺测日按全市同日水平折算。区间相互重叠（含逐个相连）的地区不分先后，名次并列。“明显”指整个区间在平均值的一侧；一百个水平相同的地区中约有五个会因偶然被如此标注。",
			"The lines of the ranking are 95 % intervals: the calibration of the instruments (reference 10 %, small sensors 20 %) and the days of the month. Days that were missed are made up by the level of the others on those days. Places whose intervals overlap, also by way of others, share a rank. Clearly means that the whole interval lies on one side of the mean; of a hundred equal places some five would be marked so by chance.")
	}
	var whys []string
	for why := range r.LeftOut {
		whys = append(whys, why)
	}
	slices.Sort(whys)
	for _, why := range whys {
		out = append(out, fmt.Sprintf(l.pick("有 %d 个数据未采用：%s。", "Readings left out: %d (%s)."), r.LeftOut[why], l.why(why)))
	}
	return out
}
