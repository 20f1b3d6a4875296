package hj212

import (
	_ "embed"
	"encoding/csv"
	"iter"
	"strings"
	"sync"
)

// Factor is one entry of the code table of HJ 212-2017 (appendix B).
type Factor struct {
	Code    string // of 2017
	Code05  string // of 2005, empty when there was none
	NameZH  string
	Unit    string // of the table, in ASCII: mg/m3, ng/m3, mg/L, degC
	Total   string // unit of totals (Cou), empty when there are none
	Species string // name that the rest of the program uses (PM10, SO2, COD); empty for what nothing else knows
}

//go:embed factors.csv
var factorsCSV string

var factors = sync.OnceValue(func() map[string]*Factor {
	rows, err := csv.NewReader(strings.NewReader(factorsCSV)).ReadAll()
	if err != nil {
		panic("hj212: the embedded code table: " + err.Error())
	}
	m := make(map[string]*Factor, 2*len(rows))
	for _, r := range rows[1:] {
		f := &Factor{Code: r[0], Code05: r[1], NameZH: r[2], Unit: r[3], Total: r[4], Species: r[5]}
		m[f.Code] = f
		if f.Code05 != "" {
			m[f.Code05] = f
		}
	}
	return m
})

// FactorOf looks up a code of 2017 or 2005. Air and water share no code, so either will do; false for a code that
// no table has, which devices may send all the same.
func FactorOf(code string) (*Factor, bool) {
	f, ok := factors()[code]
	return f, ok
}

// Factors are the entries of the code table.
func Factors() iter.Seq[*Factor] {
	return func(yield func(*Factor) bool) {
		for code, f := range factors() {
			if code == f.Code && !yield(f) {
				return
			}
		}
	}
}

// IsParticle reports whether a factor is a mass of particles in air.
func (f *Factor) IsParticle() bool {
	switch f.Species {
	case "PM10", "PM2.5", "PM1", "TSP":
		return true
	}
	return false
}

// UsualUnit is the unit in which devices send a factor: that of the table, but for particles ug/m3 and for ammonia mg/m3,
// where the table says ng/m3 and at most some devices follow it.
func (f *Factor) UsualUnit() string {
	switch {
	case f.IsParticle():
		return "ug/m3"
	case f.Species == "NH3":
		return "mg/m3"
	}
	return f.Unit
}
