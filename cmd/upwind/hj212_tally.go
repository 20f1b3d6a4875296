package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"upwind"
)

// sendTally counts what became of what was sent, by command.
type sendTally struct {
	byCN map[int]*sendRow
	errs []string
}

// sendRow is one command's packets.
type sendRow struct {
	CN           int     `json:"cn"`
	Name         string  `json:"name"`
	Packets      int     `json:"packets"`
	Acknowledged int     `json:"acknowledged"`
	Unanswered   int     `json:"no_answer_wanted"`
	Resent       int     `json:"sent_again"`
	Failed       int     `json:"failed"`
	MedianMS     float64 `json:"answer_median_ms"`
	P99MS        float64 `json:"answer_p99_ms"`
	MaxMS        float64 `json:"answer_max_ms"`

	took []time.Duration
}

// shownErrors are printed, the others counted.
const shownErrors = 5

func (t *sendTally) add(s sentPacket) {
	if t.byCN == nil {
		t.byCN = map[int]*sendRow{}
	}
	r := t.byCN[s.Packet.CN]
	if r == nil {
		r = &sendRow{CN: s.Packet.CN, Name: commandName(s.Packet.CN)}
		t.byCN[s.Packet.CN] = r
	}
	r.Packets++
	r.Resent += max(0, s.Tries-1)
	switch {
	case s.Err != nil:
		r.Failed++
		if len(t.errs) < shownErrors {
			t.errs = append(t.errs, fmt.Sprintf("device %s, %s, QN %s: %v", s.Packet.MN, commandName(s.Packet.CN), s.Packet.QN, s.Err))
		}
	case s.acknowledged():
		r.Acknowledged++
		r.took = append(r.took, s.Took)
	default:
		r.Unanswered++
	}
}

func (t *sendTally) rows() []*sendRow {
	rows := []*sendRow{}
	for _, cn := range slices.Sorted(maps.Keys(t.byCN)) {
		r := t.byCN[cn]
		r.MedianMS, r.P99MS, r.MaxMS = quantileMS(r.took, 0.5), quantileMS(r.took, 0.99), quantileMS(r.took, 1)
		rows = append(rows, r)
	}
	return rows
}

func (t *sendTally) failed() (n int) {
	for _, r := range t.byCN {
		n += r.Failed
	}
	return n
}

// quantileMS is a quantile in milliseconds, 0 of nothing.
func quantileMS(all []time.Duration, q float64) float64 {
	if len(all) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(all))
	return float64(s[min(len(s)-1, int(q*float64(len(s))))].Microseconds()) / 1e3
}

func (t *sendTally) write(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(map[string]any{"version": upwind.SchemaVersion, "commands": t.rows(), "errors": append([]string{}, t.errs...)})
	}
	for _, e := range t.errs {
		fmt.Fprintln(w, "not acknowledged:", e)
	}
	if n := t.failed() - len(t.errs); n > 0 {
		fmt.Fprintf(w, "and %d more\n", n)
	}
	tw := tabwriter.NewWriter(w, 2, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "command\tpackets\tacknowledged\tno answer wanted\tsent again\tfailed\tanswer median, p99, most (ms)")
	for _, r := range t.rows() {
		fmt.Fprintf(tw, "%s\t%d\t%d\t%d\t%d\t%d\t%.1f, %.1f, %.1f\n", r.Name, r.Packets, r.Acknowledged, r.Unanswered, r.Resent, r.Failed, r.MedianMS, r.P99MS, r.MaxMS)
	}
	return tw.Flush()
}
