package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"upwind"
	"upwind/access"
)

// phases are what the ledger's table is looked through by: whose turn it is.
var phases = map[string][]upwind.State{
	"review": {upwind.StateCandidate, upwind.StateReopened},
	"send":   {upwind.StateConfirmed},
	"sent":   {upwind.StateDispatched, upwind.StateAccepted, upwind.StateInspected, upwind.StateRectifying},
	"verify": {upwind.StateClosingRequested, upwind.StateVerified},
	"done":   {upwind.StateClosed, upwind.StateUnfounded, upwind.StateRejected, upwind.StateHandedOver},
}

// phaseOverdue is the phase across all others.
const phaseOverdue = "overdue"

// defaultRows of the ledger's table in one answer.
const defaultRows = 200

// ledgerRow is one line of the ledger's table.
type ledgerRow struct {
	targetProps
	Since    time.Time  `json:"since"`
	Unit     string     `json:"unit,omitempty"`
	Measure  string     `json:"measure,omitempty"`
	Deadline *time.Time `json:"deadline,omitempty"`
	Overdue  bool       `json:"overdue"`
	Events   int        `json:"events"`
}

type ledgerDoc struct {
	Version int            `json:"version"`
	At      time.Time      `json:"at"` // what is overdue, is overdue then
	Total   int            `json:"total"`
	Offset  int            `json:"offset"`
	Phases  map[string]int `json:"phases"` // of all that the other filters leave
	Rows    []ledgerRow    `json:"rows"`
}

// orders of the table; what is equal stays by score.
var orders = map[string]func(a, b *ledgerRow) int{
	"score": func(_, _ *ledgerRow) int { return 0 },
	"since": func(a, b *ledgerRow) int { return a.Since.Compare(b.Since) },
	"deadline": func(a, b *ledgerRow) int {
		switch {
		case a.Deadline == nil || b.Deadline == nil:
			return cmp.Compare(present(b.Deadline), present(a.Deadline))
		default:
			return a.Deadline.Compare(*b.Deadline)
		}
	},
}

func present(t *time.Time) int {
	if t == nil {
		return 0
	}
	return 1
}

// ledgerTable is every target in the areas of who asks, filtered, page by page or as a table for a spreadsheet.
func (s *server) ledgerTable(r *http.Request, q url.Values) (any, error) {
	limit, err := parseCount("limit", q.Get("limit"), maxPage, defaultRows)
	if err != nil {
		return nil, err
	}
	offset, err := parseCount("offset", q.Get("offset"), 1<<30, 0)
	if err != nil {
		return nil, err
	}
	phase := q.Get("phase")
	if _, known := phases[phase]; !known && phase != "" && phase != phaseOverdue {
		return nil, badRequest("phase must be review, send, sent, verify, done or overdue")
	}
	order, ok := orders[cmp.Or(q.Get("sort"), "score")]
	if !ok {
		return nil, badRequest("sort must be score, since or deadline")
	}
	doc := ledgerDoc{Version: upwind.SchemaVersion, At: time.Now().UTC().Truncate(time.Second), Offset: offset, Phases: map[string]int{}, Rows: []ledgerRow{}}
	var rows []ledgerRow
	area, text := access.NewScope(cmp.Or(q.Get("area"), access.WholeCity)), strings.ToLower(q.Get("q"))
	for i, c := range s.candidatesOf(r) {
		if kind := q.Get("kind"); kind != "" && string(c.Kind) != kind || !area.Holds(c.GridCode) {
			continue
		}
		row := s.ledgerRow(c, i+1, doc.At)
		if text != "" && !strings.Contains(strings.ToLower(strings.Join(append(row.Place, row.ID, row.GridCode, row.OfficerID, row.Officer, row.SiteName, row.Unit, row.Measure), "\n")), text) {
			continue
		}
		in := phase == ""
		for name, states := range phases {
			if slices.Contains(states, row.State) {
				doc.Phases[name]++
				in = in || name == phase
			}
		}
		if row.Overdue {
			doc.Phases[phaseOverdue]++
			in = in || phase == phaseOverdue
		}
		if in {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b ledgerRow) int { return order(&a, &b) })
	if q.Get("format") == "csv" {
		return ledgerCSV(rows)
	}
	doc.Total = len(rows)
	if offset < len(rows) {
		doc.Rows = rows[offset:min(len(rows), offset+limit)]
	}
	return doc, nil
}

func (s *server) ledgerRow(c upwind.Candidate, rank int, now time.Time) ledgerRow {
	st, _ := s.st.Standing(c.ID)
	row := ledgerRow{targetProps: s.targetOf(c, rank), Since: st.Since.UTC(), Unit: st.Unit, Measure: st.Measure, Deadline: st.Deadline, Overdue: overdue(st, now), Events: st.Events}
	if st.OfficerID != "" && st.OfficerID != row.OfficerID {
		row.OfficerID, row.Officer = st.OfficerID, ""
	}
	return row
}

// ledgerCSV is the rows for a spreadsheet.
func ledgerCSV(rows []ledgerRow) (attachment, error) {
	head := []string{"id", "rank", "kind", "class", "state", "since_utc", "overdue", "deadline_utc", "score", "probability", "grid_code", "place",
		"officer_id", "officer", "unit", "measure", "site", "area_m2", "volume_m3", "first_seen_utc", "last_seen_utc", "events"}
	number := func(e *upwind.Estimate) string {
		if e == nil {
			return ""
		}
		return strconv.FormatFloat(e.Value, 'f', 0, 64)
	}
	lines := make([][]string, 0, len(rows))
	for _, r := range rows {
		deadline := ""
		if r.Deadline != nil {
			deadline = stamp(*r.Deadline)
		}
		lines = append(lines, []string{r.ID, strconv.Itoa(r.Rank), string(r.Kind), cell(r.Class), string(r.State), stamp(r.Since), strconv.FormatBool(r.Overdue), deadline,
			strconv.FormatFloat(r.Score, 'f', 1, 64), strconv.FormatFloat(r.Probability, 'f', 3, 64), cell(r.GridCode), cell(strings.Join(r.Place, " ")),
			cell(r.OfficerID), cell(r.Officer), cell(r.Unit), cell(r.Measure), cell(r.SiteName), number(r.AreaM2), number(r.VolumeM3),
			stamp(r.FirstSeen), stamp(r.LastSeen), strconv.Itoa(r.Events)})
	}
	return spreadsheet("upwind-ledger.csv", head, lines)
}
