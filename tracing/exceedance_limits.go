package tracing

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

// overLimit are the hours over the limit that the air around does not share; the others are haze, and no reason to look upwind.
func (h *hours) overLimit(opt ExceedanceOptions) map[int32]bool {
	limit := h.n.limit(opt)
	if limit <= 0 {
		return nil
	}
	local := map[int32]bool{}
	for i, r := range h.n.readings {
		if r.Value >= limit && r.base < limit && !h.faulty[i] {
			local[int32(i)] = true
		}
	}
	return local
}
