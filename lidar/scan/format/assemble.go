package format

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"upwind"
	"upwind/lidar/scan"
)

// part is what one file gave: a scan, a fault, or the whole rays before a fault.
type part struct {
	file  string
	scan  *scan.Scan
	fault *upwind.Refusal
}

// eachFile makes a reader of many files from a parser of one.
func eachFile(name string, parse func(context.Context, File, Options) (*scan.Scan, error)) func(context.Context, Input) (*scan.Scan, error) {
	return func(ctx context.Context, in Input) (*scan.Scan, error) {
		var parts []part
		for _, f := range in.Files {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			s, err := parse(ctx, f, in.Options)
			p := part{file: f.Name, scan: s}
			if err != nil && !errors.As(err, &p.fault) {
				return nil, err
			}
			parts = append(parts, p)
		}
		lone := len(in.Files)+len(in.Beside) == 1
		if p := parts[0]; len(parts) == 1 && p.fault != nil && (lone && !in.Options.Salvage || p.rays() == 0) {
			return nil, withUsable(p.fault, p.rays())
		}
		s, err := join(parts)
		if err != nil {
			return nil, err
		}
		if s.Format == "" {
			s.Format = name
		}
		return finish(s, in.Options), nil
	}
}

func (p part) rays() int {
	if p.scan == nil {
		return 0
	}
	return len(p.scan.Rays)
}

// withUsable says in a refusal what was still whole.
func withUsable(r *upwind.Refusal, rays int) *upwind.Refusal {
	c := *r
	if rays > 0 {
		c.What += fmt.Sprintf("; %s before it can be used", plural(rays, "whole ray"))
		c.Do = "copy it again from the instrument, or ask for what is whole of it"
	}
	return &c
}

// join puts the rays of all parts that have the channels of the most rays into one scan.
func join(parts []part) (*scan.Scan, error) {
	rays := map[string]int{}
	best, bestAt := "", -1
	for i, p := range parts {
		if p.rays() == 0 {
			continue
		}
		key := layout(p.scan.Channels)
		rays[key] += p.rays()
		if bestAt < 0 || rays[key] > rays[best] {
			if best != key {
				best, bestAt = key, i
			}
		}
	}
	if bestAt < 0 {
		first := parts[0]
		for _, p := range parts {
			if p.fault != nil {
				first = p
				break
			}
		}
		if first.fault == nil {
			return nil, upwind.Refuse(first.file, "", "it holds no rays", "hand in a file with measurements")
		}
		c := *first.fault
		if n := len(parts) - 1; n > 0 {
			c.What += fmt.Sprintf("; none of the %s beside it can be used either", plural(n, "file"))
		}
		return nil, &c
	}
	out := *parts[bestAt].scan
	out.Rays, out.Notes = nil, nil
	seen := map[string]bool{}
	for _, p := range parts {
		if p.rays() > 0 && layout(p.scan.Channels) != best {
			out.Notes = append(out.Notes, fmt.Sprintf("%s: its channels are not those of the other files; left out", p.file))
			continue
		}
		if p.fault != nil {
			note := p.fault.Error()
			if n := p.rays(); n > 0 {
				note += fmt.Sprintf("; %s of it used", plural(n, "whole ray"))
			} else {
				note += "; left out"
			}
			out.Notes = append(out.Notes, note)
		}
		if p.scan == nil {
			continue
		}
		out.Rays = append(out.Rays, p.scan.Rays...)
		for _, n := range p.scan.Notes {
			if !seen[n] {
				seen[n] = true
				out.Notes = append(out.Notes, n)
			}
		}
	}
	return &out, nil
}

func layout(channels []scan.Channel) string { return fmt.Sprintf("%+v", channels) }

// finish applies the site, puts rays in order of time and says what is odd about the whole.
func finish(s *scan.Scan, opt Options) *scan.Scan {
	s.Site = placed(s.Site, opt.Site)
	for i := range s.Rays {
		r := &s.Rays[i]
		if r.Start.IsZero() {
			r.Start, r.Stop = opt.Start.UTC(), opt.Start.UTC()
			continue
		}
		r.Start, r.Stop = r.Start.Add(-opt.UTCOffset).UTC(), r.Stop.Add(-opt.UTCOffset).UTC()
	}
	slices.SortStableFunc(s.Rays, func(a, b scan.Ray) int { return a.Start.Compare(b.Start) })
	dropRepeats(s)
	if s.Kind == "" {
		s.Kind = kindOf(s.Rays)
	}
	s.Notes = append(s.Notes, gaps(s.Kind, s.Rays)...)
	if n := withoutTime(s.Rays); n > 0 {
		s.Notes = append(s.Notes, plural(n, "ray")+" without a time: the file carries none")
	}
	s.Notes = capNotes(s.Notes)
	return s
}

func withoutTime(rays []scan.Ray) (n int) {
	for _, r := range rays {
		if r.Start.IsZero() {
			n++
		}
	}
	return n
}

// placed lays what the user states over what the file states.
func placed(file, user scan.Site) scan.Site {
	out := user
	if !user.Placed {
		out.Lon, out.Lat, out.Placed = file.Lon, file.Lat, file.Placed
	}
	if user.AltitudeM == 0 {
		out.AltitudeM = file.AltitudeM
	}
	if user.ID == "" {
		out.ID = file.ID
	}
	if user.HeadingDeg == 0 {
		out.HeadingDeg = file.HeadingDeg
	}
	if user.ElevationSign == 0 {
		out.ElevationSign = file.ElevationSign
	}
	return withCalibration(out, file)
}

// withCalibration fills what only a polar table can state.
func withCalibration(out, file scan.Site) scan.Site {
	fill := func(to *float64, from float64) {
		if *to == 0 {
			*to = from
		}
	}
	fill(&out.DeadTimeNS, file.DeadTimeNS)
	fill(&out.FullOverlapM, file.FullOverlapM)
	fill(&out.LidarRatioSr, file.LidarRatioSr)
	fill(&out.MassM2G, file.MassM2G)
	fill(&out.RH0, file.RH0)
	fill(&out.Gamma, file.Gamma)
	if out.Overlap == nil {
		out.Overlap = file.Overlap
	}
	if out.AfterPulse == nil {
		out.AfterPulse = file.AfterPulse
	}
	if out.DepolGain == nil {
		out.DepolGain = file.DepolGain
	}
	if out.Blocked == nil {
		out.Blocked = file.Blocked
	}
	return out
}

// dropRepeats leaves out rays that repeat the one before them bit by bit: a file handed in twice.
func dropRepeats(s *scan.Scan) {
	kept := s.Rays[:0]
	var dropped []string
	for _, r := range s.Rays {
		if repeats(kept, r) {
			dropped = append(dropped, r.File)
			continue
		}
		kept = append(kept, r)
	}
	s.Rays = kept
	if len(dropped) > 0 {
		s.Notes = append(s.Notes, some(dropped)+": the same ray as another file; left out")
	}
}

func repeats(kept []scan.Ray, r scan.Ray) bool {
	for i := len(kept) - 1; i >= 0 && kept[i].Start.Equal(r.Start); i-- {
		k := kept[i]
		if k.AzimuthDeg == r.AzimuthDeg && k.ElevationDeg == r.ElevationDeg && slices.EqualFunc(k.Values, r.Values, sameBits) {
			return true
		}
	}
	return false
}

func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

// utc is a time of day in seconds after midnight of a date.
func utc(day time.Time, seconds float64) time.Time {
	return day.Add(time.Duration(math.Round(seconds*1e6)) * time.Microsecond)
}
