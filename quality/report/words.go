package report

import (
	"fmt"
	"strings"
	"time"

	"upwind/quality/aqi"
)

// Lang is a language of a report.
type Lang string

const (
	Chinese Lang = "zh"
	English Lang = "en"
)

// ParseLang reads zh or en.
func ParseLang(s string) (Lang, error) {
	switch l := Lang(s); l {
	case Chinese, English:
		return l, nil
	}
	return "", fmt.Errorf("report: a report can be written in zh and en, not in %q", s)
}

// tag is the language for the page.
func (l Lang) tag() string {
	if l == English {
		return "en"
	}
	return "zh-CN"
}

func (l Lang) pick(zh, en string) string {
	if l == English {
		return en
	}
	return zh
}

func (l Lang) class(c aqi.Class) string {
	if l != English {
		return c.NameZH()
	}
	if c >= aqi.Light {
		return [...]string{"lightly", "moderately", "heavily", "severely"}[c-aqi.Light] + " polluted"
	}
	return c.String()
}

// period is the day or month as it stands in the title.
func (l Lang) period(p Period) string {
	t := p.First
	switch {
	case p.Monthly && l == English:
		return t.Format("January 2006")
	case p.Monthly:
		return fmt.Sprintf("%d年%d月", t.Year(), int(t.Month()))
	case l == English:
		return t.Format("2 January 2006")
	}
	return fmt.Sprintf("%d年%d月%d日", t.Year(), int(t.Month()), t.Day())
}

// weekdays from Monday.
func (l Lang) weekdays() []string {
	if l == English {
		return []string{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"}
	}
	return []string{"一", "二", "三", "四", "五", "六", "日"}
}

// fromMonday is the place of a day in a week.
func fromMonday(t time.Time) int { return (int(t.Weekday()) + 6) % 7 }

// pollutants names several; O3 of a daily figure is its 8 h mean.
func (l Lang) pollutants(ps []aqi.Pollutant) string {
	if len(ps) == 0 {
		return ""
	}
	names := make([]string, len(ps))
	for i, p := range ps {
		names[i] = subscript(p)
	}
	return strings.Join(names, l.pick("、", ", "))
}

// subscript is a pollutant as it is printed.
func subscript(p aqi.Pollutant) string {
	switch p {
	case aqi.SO2:
		return "SO₂"
	case aqi.NO2:
		return "NO₂"
	case aqi.O3:
		return "O₃"
	case aqi.PM10:
		return "PM₁₀"
	case aqi.PM25:
		return "PM₂.₅"
	}
	return string(p)
}

// why in the words of the page.
func (l Lang) why(reason string) string {
	if l == English {
		return reason
	}
	switch reason {
	case aqi.LeftFlag:
		return "仪器处于校准、维护、故障或停运状态"
	case aqi.LeftNotHour:
		return "不是整点小时均值"
	case aqi.LeftUnit:
		return "单位不是浓度单位"
	case aqi.LeftValue:
		return "数值不合理"
	}
	return reason
}

// rule names what places are ranked by, with its unit.
func (l Lang) rule(r Rule) string {
	if r == Composite {
		return l.pick("日均综合指数", "mean of the daily composite index")
	}
	return l.pick(subscript(aqi.Pollutant(r))+" 平均浓度（μg/m³）", "mean "+subscript(aqi.Pollutant(r))+" (µg/m³)")
}
