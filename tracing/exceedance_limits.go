package tracing

import "time"

// HourlyLimits are the hourly limits of ambient air in ug/m3: GB 3095, second class. It has none for PM10 and PM2.5: HJ 633
// sets hourly particles beside the limits of a day, which says how the air is and not that something emits. There the anomaly
// counts alone.
var HourlyLimits = map[string]float64{"SO2": 500, "NO2": 200, "O3": 200, "CO": 10_000}

// limit is the hourly limit of the network's species in its unit; 0 when there is none.
func (n *network) limit(opt ExceedanceOptions) float64 {
	kind, toG := unitScale(n.unit)
	if kind != massPerVolume {
		return 0
	}
	return opt.Limits[n.species] * 1e-6 / toG
}

// overLimit sorts the hours over the limit: those that the air around shares are reported, the others are returned.
func (h *hours) overLimit(opt ExceedanceOptions, rep *Report) map[int32]bool {
	limit := h.n.limit(opt)
	if limit <= 0 {
		return nil
	}
	local := map[int32]bool{}
	regional := map[int64]int{}
	var when []int64
	for i, r := range h.n.readings {
		switch {
		case r.Value < limit || h.faulty[i]:
		case r.base < limit:
			local[int32(i)] = true
		default:
			if regional[r.slot] == 0 {
				when = append(when, r.slot)
			}
			regional[r.slot]++
		}
	}
	for _, slot := range sorted(when) {
		at := time.Unix(int64(float64(slot)*h.n.slotS), 0).UTC()
		if (opt.From.IsZero() || !at.Before(opt.From)) && (opt.To.IsZero() || at.Before(opt.To)) {
			rep.Regional = append(rep.Regional, RegionalHour{h.n.species, at, regional[slot]})
		}
	}
	return local
}
