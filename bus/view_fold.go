package bus

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"upwind"
	"upwind/grid"
)

func (v *View) foldAsset(m message, body []byte) error {
	var a upwind.Asset
	if err := json.Unmarshal(body, &a); err != nil {
		return err
	}
	if a.ID == "" {
		return fmt.Errorf("asset without id")
	}
	if v.assets.add(a.ID, a) {
		v.hub.send(ChangeAsset, a.ID)
	}
	return nil
}

func (v *View) foldInspection(m message, body []byte) error {
	var in upwind.Inspection
	if err := json.Unmarshal(body, &in); err != nil {
		return err
	}
	if in.AssetID == "" {
		return fmt.Errorf("inspection without asset id")
	}
	if v.inspections.add(in.AssetID, in) {
		v.hub.send(ChangeInspection, in.AssetID)
	}
	return nil
}

func (v *View) foldDetections(m message, body []byte) error {
	var set DetectionSet
	if err := json.Unmarshal(body, &set); err != nil {
		return err
	}
	for _, d := range set.Detections {
		if err := d.Validate(); err != nil {
			v.fault(m, err)
			continue
		}
		if v.detections.add(d.ID, d) {
			v.hub.send(ChangeDetection, d.ID)
		}
	}
	return nil
}

func (v *View) foldTrace(m message, body []byte) error {
	var t upwind.Trace
	if err := json.Unmarshal(body, &t); err != nil {
		return err
	}
	if t.ID == "" {
		return fmt.Errorf("trace without id")
	}
	if v.traces.add(t.ID, t) {
		v.hub.send(ChangeTrace, t.ID)
	}
	return nil
}

func (v *View) foldEvent(m message, body []byte) error {
	var ev grid.Event
	if err := json.Unmarshal(body, &ev); err != nil {
		return err
	}
	if err := v.book.Apply(ev); err != nil {
		if errors.Is(err, ErrNewer) {
			v.b.newer.Store(true)
		}
		return err
	}
	v.hub.send(ChangeCandidate, ev.Candidate)
	return nil
}

// foldReadings folds batches into one of the tables.
func (v *View) foldReadings(t *obsTable) func(message, []byte) error {
	return func(m message, body []byte) error {
		var batch ObservationBatch
		if err := json.Unmarshal(body, &batch); err != nil {
			return err
		}
		t.add(m, batch)
		if t == &v.live {
			v.uploads.add(m, batch.Uploads)
			return nil
		}
		v.hub.send(ChangeObservations, batch.Source)
		return nil
	}
}

func (v *View) foldGrid(m message, body []byte) error {
	if !strings.HasSuffix(m.subject, "."+KeyCurrent) {
		return nil
	}
	if m.header.Get(headerOp) != "" {
		v.grid.Store(nil)
		v.hub.send(ChangeGrid, "")
		return nil
	}
	var d gridDocument
	if err := json.Unmarshal(body, &d); err != nil {
		return err
	}
	tree, _, err := grid.Parse(d.Name, bytes.NewReader(d.Body))
	if err != nil {
		return err
	}
	v.grid.Store(tree)
	v.hub.send(ChangeGrid, d.Name)
	return nil
}

func (v *View) foldSites(m message, body []byte) error {
	if !strings.HasSuffix(m.subject, "."+KeyCurrent) {
		return nil
	}
	var d siteDocument
	if m.header.Get(headerOp) == "" {
		if err := json.Unmarshal(body, &d); err != nil {
			return err
		}
	}
	sites := append([]upwind.Site{}, d.Sites...)
	slices.SortStableFunc(sites, func(a, b upwind.Site) int { return cmp.Compare(a.ID, b.ID) })
	v.sites.Store(&sites)
	v.hub.send(ChangeSites, "")
	return nil
}

func (v *View) foldStations(m message, body []byte) error {
	if !strings.HasSuffix(m.subject, "."+KeyCurrent) {
		return nil
	}
	var d stationDocument
	if m.header.Get(headerOp) == "" {
		if err := json.Unmarshal(body, &d); err != nil {
			return err
		}
	}
	stations := append([]upwind.Station{}, d.Stations...)
	upwind.SortStations(stations)
	v.stations.Store(&stations)
	v.hub.send(ChangeStations, "")
	return nil
}
