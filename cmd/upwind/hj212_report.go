package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"upwind"
	"upwind/ingest/hj212"
)

// frameReport is what check says of one frame.
type frameReport struct {
	File   string     `json:"file"`
	Offset int64      `json:"offset"` // bytes from the beginning
	Line   int        `json:"line"`
	Bytes  int        `json:"bytes"`
	Sound  bool       `json:"sound"`
	Fault  string     `json:"fault,omitempty"`
	Text   string     `json:"text,omitempty"` // the beginning of a faulty one
	CRC    *crcReport `json:"crc,omitempty"`

	MN       string          `json:"mn,omitempty"`
	ST       string          `json:"st,omitempty"`
	System   string          `json:"system,omitempty"`
	CN       int             `json:"cn,omitempty"`
	QN       string          `json:"qn,omitempty"`
	Flag     *uint8          `json:"flag,omitempty"`
	Standard string          `json:"standard,omitempty"`
	Answered bool            `json:"wants_answer,omitempty"`
	Parts    int             `json:"parts,omitempty"`
	Part     int             `json:"part,omitempty"`
	Notes    []string        `json:"notes,omitempty"`
	Readings []readingReport `json:"readings,omitempty"`
}

// crcReport is the CRC as it was sent, and as it should be.
type crcReport struct {
	Given    string `json:"given"`
	Expected string `json:"expected"`
}

// readingReport is one value. Unit is what the device is taken to mean, TableUnit what the code table says.
type readingReport struct {
	Code      string      `json:"code"`
	NameZH    string      `json:"name_zh,omitempty"`
	NameEN    string      `json:"name_en,omitempty"`
	Stat      hj212.Stat  `json:"stat"`
	Converted bool        `json:"converted,omitempty"`
	Raw       string      `json:"raw"`
	Value     float64     `json:"value"`
	Unit      string      `json:"unit"`
	TableUnit string      `json:"table_unit,omitempty"`
	State     upwind.Flag `json:"state,omitempty"`
	Start     time.Time   `json:"start_utc"`
	DurationS float64     `json:"duration_s"`
	Warning   string      `json:"warning,omitempty"`
}

func sentence(err error) string { return strings.TrimPrefix(err.Error(), "hj212: ") }

func (r *frameReport) describe(p *hj212.Packet) {
	flag := p.Flag
	r.MN, r.ST, r.System, r.CN, r.QN, r.Flag = p.MN, p.ST, hj212.SystemKind(p.ST), p.CN, p.QN, &flag
	r.Standard, r.Answered, r.Parts, r.Part = p.Version().String(), p.Answered(), p.Parts, p.Part
	r.Notes = append(r.Notes, p.Notes...)
}

func (r *frameReport) measure(d *upwind.Device, readings []hj212.Reading) {
	for i := range readings {
		x := &readings[i]
		zh, en := factorNames(x.Factor)
		unit := hj212.UnitOf(d, x.Factor)
		if x.Stat == hj212.StatCou {
			unit = x.Factor.Total
		}
		v := readingReport{Code: x.Factor.Code, NameZH: zh, NameEN: en, Stat: x.Stat, Converted: x.Converted, Raw: x.Raw, Value: x.Value, Unit: unit,
			TableUnit: x.Factor.Unit, Start: x.Time, DurationS: x.Period.Seconds()}
		if x.Mark != hj212.MarkNormal {
			v.State = upwind.Flag(string(x.Mark))
		}
		if x.Stat != hj212.StatCou && x.Mark.Valid() {
			v.Warning = x.Doubt(unit)
		}
		r.Readings = append(r.Readings, v)
	}
}

// diagnose says what is wrong with a piece that is no frame, and what was probably meant.
func (r *frameReport) diagnose(p piece) {
	f := p.fault
	r.Fault, r.Text = f.Fault.String(), strings.TrimLeft(f.Text, "\r\n")
	if f.Fault != hj212.FaultCRC && f.Fault != hj212.FaultModbus {
		return
	}
	declared, _ := strconv.Atoi(string(p.raw[2:min(6, len(p.raw))]))
	r.CRC = &crcReport{Expected: fmt.Sprintf("%04X", f.Want)}
	if len(p.raw) == declared+frameOverhead {
		r.CRC.Given = string(p.raw[declared+6:])
	}
	switch given := r.CRC.Given; {
	case f.Fault == hj212.FaultModbus:
		r.Fault += ": before each byte the register of HJ 212 loses its low byte, that of Modbus keeps it (HJ 212-2017, appendix A)"
	case len(p.rest) > frameOverhead && !bytes.Contains(p.rest[2:], []byte("##")) && bytes.EqualFold(p.rest[len(p.rest)-4:], fmt.Appendf(nil, "%04X", hj212.Checksum(p.rest[6:len(p.rest)-4]))):
		r.Fault = fmt.Sprintf("wrong length: it says %d, the segment has %d bytes, and the CRC is right for those", declared, len(p.rest)-frameOverhead)
		r.CRC = nil
	case len(given) == 4 && strings.EqualFold(given[2:]+given[:2], r.CRC.Expected):
		r.Fault += ": its two bytes are swapped, the high one comes first"
	case given == "":
		r.Fault = fmt.Sprintf("wrong length or damage: it says %d bytes, and another frame begins inside them", declared)
	default:
		r.Fault += fmt.Sprintf(" of %d bytes: damaged on the way, or computed otherwise", declared)
	}
}

const (
	nameWidthMN  = 24               // characters of MN since 2017
	clockSkewMax = 15 * time.Minute // between QN and DataTime of real-time data, which are made together
	stampLayout  = "20060102150405"
)

// departures are where a sound frame is not as the standard has it and [hj212.Parse] has not said so.
func departures(p *hj212.Packet, c piece) (notes []string) {
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	if n := len(c.segment); n > hj212.MaxSegment {
		note("the segment has %d bytes, the standard allows %d", n, hj212.MaxSegment)
	}
	if crc := string(c.raw[len(c.raw)-4:]); crc != strings.ToUpper(crc) {
		note("the CRC is in lower case")
	}
	if bytes.HasSuffix(bytes.TrimRight(c.segment, " "), []byte(";&&")) {
		note("a semicolon before the closing &&")
	}
	if strings.HasPrefix(hj212.SystemKind(p.ST), "system ") {
		note("ST %s is in no table", p.ST)
	}
	if p.Version() > hj212.V2005 && len(p.MN) != nameWidthMN {
		note("MN has %d characters; since 2017 it has %d", len(p.MN), nameWidthMN)
	}
	if p.Version() > hj212.V2005 && p.QN == "" {
		note("there is no QN: its answer cannot name what it answers")
	}
	if p.Flag&2 != 0 && p.Parts == 0 {
		note("Flag %d says that the packet is split, and PNUM and PNO are missing", p.Flag)
	}
	notes = append(notes, fieldDepartures(p)...)
	made, err := time.Parse(stampLayout, p.QN[:min(len(p.QN), len(stampLayout))])
	at, err2 := time.Parse(stampLayout, p.Get("DataTime", ""))
	if skew := made.Sub(at).Abs(); p.CN == hj212.CNRealTime && err == nil && err2 == nil && skew > clockSkewMax {
		note("QN and DataTime are %s apart", skew)
	}
	return notes
}

// fieldDepartures are those of the data: codes that no table has, values without a state.
func fieldDepartures(p *hj212.Packet) (notes []string) {
	state, values := map[string]bool{}, map[string]bool{}
	var order []string
	for _, f := range p.CP {
		switch f.Sub {
		case "Flag":
			state[f.Name] = true
		case "", "EFlag", "SampleTime", "Info", "SN":
		default:
			if !values[f.Name] {
				order = append(order, f.Name)
			}
			values[f.Name] = true
		}
	}
	var strange, bare []string
	for _, name := range order {
		if _, ok := hj212.FactorOf(name); !ok && !strings.HasPrefix(name, "SB") {
			strange = append(strange, name)
		}
		if !state[name] {
			bare = append(bare, name)
		}
	}
	if len(strange) > 0 {
		notes = append(notes, "no code table has "+strings.Join(strange, ", "))
	}
	if len(bare) > 0 && measures(p.CN) && p.ST != "23" { // noise carries none in the standard's samples
		notes = append(notes, "values without Flag, taken as normal: "+strings.Join(bare, ", "))
	}
	return notes
}

// write prints a report for people.
func (r *frameReport) write(w io.Writer, brief bool) error {
	at := fmt.Sprintf("%s:%d (byte %d)", r.File, r.Line, r.Offset)
	if !r.Sound {
		line := at + ": broken: " + r.Fault
		if r.CRC != nil {
			line += fmt.Sprintf("; CRC %s, should be %s", cmp.Or(r.CRC.Given, "unknown"), r.CRC.Expected)
		}
		if r.Text != "" {
			line += fmt.Sprintf("; it begins %q", r.Text)
		}
		_, err := fmt.Fprintln(w, line)
		return err
	}
	line := fmt.Sprintf("%s: sound: %s, device %s, %s, %s (Flag %d), CRC %s", at, r.System, r.MN, commandName(r.CN), r.Standard, *r.Flag, r.CRC.Given)
	if r.Parts > 1 {
		line += fmt.Sprintf(", part %d of %d", r.Part, r.Parts)
	}
	if !r.Answered {
		line += ", wants no answer"
	}
	if _, err := fmt.Fprintln(w, line); err != nil || brief {
		return err
	}
	for _, n := range r.Notes {
		fmt.Fprintf(w, "  note: %s\n", n)
	}
	if len(r.Readings) == 0 {
		return nil
	}
	x := r.Readings[0]
	what := "at"
	if x.DurationS > 0 {
		what = fmt.Sprintf("%.0f s from", x.DurationS)
	}
	fmt.Fprintf(w, "  %s %s\n", what, x.Start.Format(time.RFC3339))
	t := tabwriter.NewWriter(w, 2, 4, 2, ' ', 0)
	for _, v := range r.Readings {
		stat := string(v.Stat)
		if v.Converted {
			stat = "Zs" + stat
		}
		state := ""
		if v.State != upwind.FlagNormal {
			state = "state " + string(v.State)
		}
		fmt.Fprintf(t, "    %s\t%s\t%s\t%s\t%s\t%s\t%s\n", v.Code, v.NameEN, stat, v.Raw, v.Unit, state, v.NameZH)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, v := range r.Readings {
		if v.Warning != "" {
			fmt.Fprintf(w, "  warning: %s\n", v.Warning)
		}
	}
	return nil
}
