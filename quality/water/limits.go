package water

import (
	"fmt"
	"math"
	"strings"
)

// Class of GB 3838-2002.
type Class int

// Classes from I to V, and what keeps none of them.
const (
	I Class = iota + 1
	II
	III
	IV
	V
	WorseThanV
)

func (c Class) String() string {
	switch {
	case c >= I && c <= V:
		return [...]string{"I", "II", "III", "IV", "V"}[c-1]
	case c == WorseThanV:
		return "worse than V"
	}
	return fmt.Sprintf("class %d", int(c))
}

// NameZH is the class in Chinese.
func (c Class) NameZH() string {
	switch {
	case c >= I && c <= V:
		return [...]string{"Ⅰ类", "Ⅱ类", "Ⅲ类", "Ⅳ类", "Ⅴ类"}[c-1]
	case c == WorseThanV:
		return "劣Ⅴ类"
	}
	return ""
}

// Species with rules of their own.
const (
	PH       = "pH"
	DO       = "DO"
	TP       = "TP"
	TN       = "TN"
	Coliform = "faecal_coliform"
)

// row is one factor: its limits of the classes I to V, mg/L (coliforms 1/L).
type row struct {
	species, zh string
	limits      [5]float64
}

// table is table 1 of GB 3838-2002, in its order, with the limits of rivers.
var table = []row{
	{PH, "pH", [5]float64{}}, // phLow to phHigh in all classes
	{DO, "溶解氧", [5]float64{7.5, 6, 5, 3, 2}},
	{"CODMn", "高锰酸盐指数", [5]float64{2, 4, 6, 10, 15}},
	{"COD", "化学需氧量", [5]float64{15, 15, 20, 30, 40}},
	{"BOD5", "五日生化需氧量", [5]float64{3, 3, 4, 6, 10}},
	{"NH3-N", "氨氮", [5]float64{0.15, 0.5, 1, 1.5, 2}},
	{TP, "总磷", [5]float64{0.02, 0.1, 0.2, 0.3, 0.4}},
	{TN, "总氮", [5]float64{0.2, 0.5, 1, 1.5, 2}}, // of lakes; rivers have none
	{"Cu", "铜", [5]float64{0.01, 1, 1, 1, 1}},
	{"Zn", "锌", [5]float64{0.05, 1, 1, 2, 2}},
	{"fluoride", "氟化物", [5]float64{1, 1, 1, 1.5, 1.5}},
	{"Se", "硒", [5]float64{0.01, 0.01, 0.01, 0.02, 0.02}},
	{"As", "砷", [5]float64{0.05, 0.05, 0.05, 0.1, 0.1}},
	{"Hg", "汞", [5]float64{0.00005, 0.00005, 0.0001, 0.001, 0.001}},
	{"Cd", "镉", [5]float64{0.001, 0.005, 0.005, 0.005, 0.01}},
	{"CrVI", "六价铬", [5]float64{0.01, 0.05, 0.05, 0.05, 0.1}},
	{"Pb", "铅", [5]float64{0.01, 0.01, 0.05, 0.05, 0.1}},
	{"cyanide", "氰化物", [5]float64{0.005, 0.05, 0.2, 0.2, 0.2}},
	{"volatile_phenol", "挥发酚", [5]float64{0.002, 0.002, 0.005, 0.01, 0.1}},
	{"oil", "石油类", [5]float64{0.05, 0.05, 0.05, 0.5, 1}},
	{"anionic_surfactant", "阴离子表面活性剂", [5]float64{0.2, 0.2, 0.2, 0.3, 0.3}},
	{"sulfide", "硫化物", [5]float64{0.05, 0.1, 0.2, 0.5, 1}},
	{Coliform, "粪大肠菌群", [5]float64{200, 2000, 10000, 20000, 40000}},
}

// lakeTP are the limits of total phosphorus in lakes and reservoirs.
var lakeTP = [5]float64{0.01, 0.025, 0.05, 0.1, 0.2}

// pH of all classes.
const (
	phLow  = 6.0
	phHigh = 9.0
)

// Species are the factors of the table, in its order.
func Species() []string {
	out := make([]string, len(table))
	for i, r := range table {
		out[i] = r.species
	}
	return out
}

// NameZH is the name of a factor in Chinese, empty for one that is not in the table.
func NameZH(species string) string {
	if r := rowOf(species); r != nil {
		return r.zh
	}
	return ""
}

func rowOf(species string) *row {
	for i := range table {
		if table[i].species == species {
			return &table[i]
		}
	}
	return nil
}

func (r *row) of(lake bool) [5]float64 {
	if lake && r.species == TP {
		return lakeTP
	}
	return r.limits
}

// Value is a value in the table's unit: mg/L, 1/L for coliforms, none for pH. The error names a unit or species that
// does not fit, or says that the value is no measurement.
func Value(species string, value float64, unit string) (float64, error) {
	r := rowOf(species)
	if r == nil {
		return 0, fmt.Errorf("water: GB 3838 has no limit of %q", species)
	}
	if math.IsNaN(value) || math.IsInf(value, 0) || value < 0 {
		return 0, fmt.Errorf("water: %v is no value of %s", value, species)
	}
	u := strings.ToLower(unit)
	switch species {
	case PH:
		if (u == "1" || u == "" || u == "ph") && value <= 14 {
			return value, nil
		}
	case Coliform:
		if u == "1/l" {
			return value, nil
		}
	default:
		switch u {
		case "mg/l":
			return value, nil
		case "ug/l":
			return value / 1e3, nil
		case "ng/l":
			return value / 1e6, nil
		}
	}
	return 0, fmt.Errorf("water: %v %s is no value of %s", value, unit, species)
}

// Saturation of dissolved oxygen, mg/L, in fresh water of a temperature in degrees Celsius at sea level (HJ 2.3-2018, annex D).
func Saturation(tempC float64) float64 { return 468 / (31.6 + tempC) }

// saturated is the share of saturation that keeps class I in place of 7.5 mg/L.
const saturated = 0.9
