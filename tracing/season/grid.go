package season

import (
	"fmt"
	"math"

	"upwind"
)

// Statistic is what a [Map] shows.
type Statistic string

const (
	PSCF Statistic = "pscf" // share of the end points that arrived with bad air
	CWT  Statistic = "cwt"  // mean reading at arrival, weighted by residence
)

// MapOptions steer [NewMap]. The zero value of each field means its default.
type MapOptions struct {
	Quantile  float64 // of the readings, whose value is the threshold of PSCF; default 0.75
	Threshold float64 // the threshold itself
	CellDeg   float64 // side in degrees of latitude; default such that 40 cells span the trajectories
	Least     int     // trajectories that must have crossed a cell; default 5
	LogMean   bool    // CWT of ln C (Seibert et al. 1994)
	NoWeight  bool    // W = 1
	Bootstrap Bootstrap
}

const (
	defaultCells   = 40.0
	defaultCrossed = 5
	maxMapCells    = 1 << 20
	minCellDeg     = 1e-4
	logFloor       = 1e-3 // of the median reading: what ln sees instead of 0 or less
)

// weights take cells down by their end points over the mean of cells that have any, in steps as have been usual since
// Polissar et al. (1999): above twice the mean 1, above the mean 0.75, above half of it 0.5, below 0.15.
var weights = []struct{ above, weight float64 }{{2, 1}, {1, 0.75}, {0.5, 0.5}, {0, 0.15}}

// Map is a statistic by cells: index j NX + i lies at Lon0 + (i + 1/2) DLon, Lat0 + (j + 1/2) DLat.
type Map struct {
	Statistic              Statistic
	Threshold              float64 // of PSCF
	Lon0, Lat0, DLon, DLat float64 // south-west corner and sides
	NX, NY                 int
	Value, Lo95, Hi95      []float64 // NaN where too few trajectories crossed
	Points                 []int     // end points
	Crossed                []int     // trajectories
	Trajectories           int
	Top                    []int // cells by value, highest first, those with a value
}

// crossing is what one block of trajectories leaves in one cell.
type crossing struct {
	cell    int
	n, m, c float64 // end points, those with bad air, readings weighted by them
	crossed int
}

// NewMap counts the end points of trajectories, each with the reading that it arrived with.
func NewMap(stat Statistic, trajectories []Trajectory, samples []Sample, opt MapOptions) (*Map, error) {
	if len(trajectories) == 0 || len(trajectories) != len(samples) {
		return nil, upwind.Refuse("season", "", fmt.Sprintf("%d trajectories for %d readings", len(trajectories), len(samples)), "hand in trajectories that arrive at the time of readings")
	}
	opt.Bootstrap = opt.Bootstrap.withDefaults()
	if !(opt.Quantile > 0 && opt.Quantile < 1) {
		opt.Quantile = defaultQuantile
	}
	if opt.Least <= 0 {
		opt.Least = defaultCrossed
	}
	values, times := make([]float64, len(samples)), make([]float64, len(samples))
	for i, s := range samples {
		values[i], times[i] = s.Value, s.Unix
	}
	m := &Map{Statistic: stat, Threshold: opt.Threshold, Trajectories: len(trajectories)}
	if m.Threshold == 0 {
		m.Threshold = Quantile(values, opt.Quantile)
	}
	if err := m.lay(trajectories, opt.CellDeg); err != nil {
		return nil, err
	}
	if opt.LogMean {
		floor := logFloor * math.Abs(Quantile(values, 0.5))
		for i, v := range values {
			values[i] = math.Log(max(v, floor, 1e-300))
		}
	}
	m.fill(trajectories, values, times, opt)
	return m, nil
}

// lay puts the cells over all end points.
func (m *Map) lay(trajectories []Trajectory, cellDeg float64) error {
	first := trajectories[0].Points[0]
	west, east, south, north := 0.0, 0.0, first.Lat, first.Lat
	for _, tr := range trajectories {
		for _, p := range tr.Points {
			d := turn(p.Lon - first.Lon)
			west, east, south, north = min(west, d), max(east, d), min(south, p.Lat), max(north, p.Lat)
		}
	}
	narrow := max(math.Cos(first.Lat*math.Pi/180), 0.05)
	if !(cellDeg > 0) {
		cellDeg = nice(max((north-south)/defaultCells, (east-west)*narrow/defaultCells, minCellDeg))
	}
	m.DLat = max(cellDeg, minCellDeg)
	m.DLon = m.DLat / narrow
	// The station lies in the middle of a cell.
	m.NX, m.NY = int((east-west)/m.DLon)+3, int((north-south)/m.DLat)+3
	if m.NX > maxMapCells/m.NY {
		return upwind.Refuse("season", "", fmt.Sprintf("%d x %d cells", m.NX, m.NY), "ask for larger cells")
	}
	m.Lon0 = first.Lon - (math.Floor(-west/m.DLon+0.5)+0.5)*m.DLon
	m.Lat0 = first.Lat - (math.Floor((first.Lat-south)/m.DLat+0.5)+0.5)*m.DLat
	return nil
}

// nice is the next of 1, 2, 5 times a power of ten.
func nice(x float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(x)))
	for _, k := range []float64{1, 2, 5} {
		if x <= k*p*(1+1e-9) {
			return k * p
		}
	}
	return 10 * p
}

// turn brings a difference of longitudes into -180..180.
func turn(d float64) float64 { return math.Mod(d+540, 360) - 180 }

// cellOf is the cell of a place, -1 beyond the map.
func (m *Map) cellOf(lon, lat float64) int {
	middle := m.Lon0 + float64(m.NX)*m.DLon/2
	i := int(math.Floor((turn(lon-middle) + float64(m.NX)*m.DLon/2) / m.DLon))
	j := int(math.Floor((lat - m.Lat0) / m.DLat))
	if i < 0 || j < 0 || i >= m.NX || j >= m.NY {
		return -1
	}
	return j*m.NX + i
}

// Centre is the middle of a cell.
func (m *Map) Centre(cell int) (lon, lat float64) {
	return turn(m.Lon0 + (float64(cell%m.NX)+0.5)*m.DLon), m.Lat0 + (float64(cell/m.NX)+0.5)*m.DLat
}
