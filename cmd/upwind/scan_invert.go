package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"upwind"
	"upwind/lidar/scan"
	"upwind/lidar/scan/plume"
	"upwind/lidar/scan/retrieve"
	"upwind/raster/gdal"
)

func scanInvert(f *scanFlags) *cobra.Command {
	var (
		out  string
		cell float64
	)
	c := &cobra.Command{
		Use:   "invert PATH -o OUT",
		Short: "extinction, backscatter, depolarisation and dust share of every bin, each with sigma and quality",
		Long: "invert writes what the output's ending asks for: .csv a row a bin, .json an array a ray, .tif the last turn's extinction and its sigma\n" +
			"on the map (COG, metres about the instrument), .png a picture of it.",
		Args: cobra.MatchAll(needArgs(1, "the file or folder of the scan"), cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, paths []string) error {
			write, known := fieldWriters[strings.ToLower(filepath.Ext(out))]
			if !known {
				return usageError{fmt.Errorf("-o names a .csv, .json, .tif or .png file")}
			}
			if err := behindWalls(f.reads(paths), outputs(out), *f.memoryMB); err != nil {
				return err
			}
			if err := f.settle(); err != nil {
				return err
			}
			p, err := f.retrieve(cmd, paths[0], nil)
			if err != nil {
				return err
			}
			if err := write(out, paths[0], p, cell); err != nil {
				return err
			}
			for _, n := range p.Notes {
				fmt.Fprintln(cmd.ErrOrStderr(), n)
			}
			return nil
		},
	}
	f.inversionFlags(c)
	c.Flags().StringVarP(&out, "output", "o", "", "file to write: .csv, .json, .tif or .png")
	c.Flags().Float64Var(&cell, "cell", 0, "side of a cell of the map, m (default 25)")
	return c
}

// retrieve runs the chain on one scan under a progress bar.
func (f *scanFlags) retrieve(cmd *cobra.Command, path string, memory *plume.Memory) (*retrieve.Product, error) {
	s, err := f.open(cmd.Context(), path)
	if err != nil {
		return nil, err
	}
	id, err := scanID(path)
	if err != nil {
		return nil, err
	}
	b := newBar(filepath.Base(path))
	defer b.finish()
	return retrieve.Run(cmd.Context(), s, retrieve.Options{Invert: f.invert, Memory: memory, JobID: upwind.HashID("scan", id), Inputs: []string{id}},
		func(done, total int) { b.set(int64(done), int64(total)) })
}

// fieldWriters write the inverted field in the form an ending asks for.
var fieldWriters = map[string]func(out, path string, p *retrieve.Product, cell float64) error{
	".csv": writeFieldCSV, ".json": writeFieldJSON, ".tif": writeFieldCOG, ".tiff": writeFieldCOG, ".png": writeFieldPNG,
}

// fieldColumns are the columns of the CSV; depolarisation and dust stay empty where there is none.
const fieldColumns = "start_utc,azimuth_deg,elevation_deg,range_m,east_m,north_m,up_m,extinction_per_m,extinction_sigma_per_m," +
	"backscatter_per_m_sr,depol,depol_sigma,dust_share,quality"

func writeFieldCSV(out, _ string, p *retrieve.Product, _ float64) error {
	return writeWhole(out, func(file *os.File) error {
		w := bufio.NewWriterSize(file, 1<<20)
		fmt.Fprintln(w, fieldColumns)
		var row []byte
		for _, t := range p.Turns {
			for r := range t.Field.Rays {
				for k := range t.Field.Bins {
					row = appendFieldRow(row[:0], t.Field, r, k)
					if _, err := w.Write(row); err != nil {
						return err
					}
				}
			}
		}
		return w.Flush()
	})
}

func appendFieldRow(b []byte, f *scan.Field, ray, bin int) []byte {
	r, i, rangeM := &f.Rays[ray], f.At(ray, bin), f.RangeM(bin)
	e, n, u := scan.ENU(r.AzimuthDeg, r.ElevationDeg, rangeM)
	b = r.Start.UTC().AppendFormat(b, time.RFC3339Nano)
	for _, v := range [6]float64{r.AzimuthDeg, r.ElevationDeg, rangeM, e, n, u} {
		b = strconv.AppendFloat(append(b, ','), math.Round(v*1000)/1000, 'f', -1, 64)
	}
	for _, column := range [6][]float64{f.Extinction, f.ExtinctionSigma, f.Backscatter, f.Depol, f.DepolSigma, f.DustShare} {
		b = append(b, ',')
		if column != nil && !math.IsNaN(column[i]) {
			b = strconv.AppendFloat(b, column[i], 'g', 6, 64)
		}
	}
	return append(strconv.AppendUint(append(b, ','), uint64(f.Quality[i]), 10), '\n')
}

// known is a number of a JSON document; what is not known is null.
type known float64

// MarshalJSON never fails: the interface asks for an error.
func (k known) MarshalJSON() ([]byte, error) { //nolint:unparam // json.Marshaler
	if v := float64(k); !math.IsNaN(v) && !math.IsInf(v, 0) {
		return strconv.AppendFloat(nil, v, 'g', 6, 64), nil
	}
	return []byte("null"), nil
}

func knowns(v []float64) []known {
	if v == nil {
		return nil
	}
	out := make([]known, len(v))
	for i := range v {
		out[i] = known(v[i])
	}
	return out
}

// fieldRow is a ray of the JSON document.
type fieldRow struct {
	Start        time.Time      `json:"start_utc"`
	AzimuthDeg   float64        `json:"azimuth_deg"`
	ElevationDeg float64        `json:"elevation_deg"`
	Extinction   []known        `json:"extinction_per_m"`
	Sigma        []known        `json:"extinction_sigma_per_m"`
	Backscatter  []known        `json:"backscatter_per_m_sr"`
	Depol        []known        `json:"depol,omitempty"`
	DepolSigma   []known        `json:"depol_sigma,omitempty"`
	DustShare    []known        `json:"dust_share,omitempty"`
	Quality      []scan.Quality `json:"quality"`
}

func writeFieldJSON(out, path string, p *retrieve.Product, _ float64) error {
	id, err := scanID(path)
	if err != nil {
		return err
	}
	f := p.Last().Field
	rows := []fieldRow{}
	part := func(v []float64, ray int) []known {
		if v == nil {
			return nil
		}
		return knowns(v[f.At(ray, 0):f.At(ray+1, 0)])
	}
	for _, t := range p.Turns {
		f = t.Field
		for r, ray := range f.Rays {
			rows = append(rows, fieldRow{ray.Start.UTC(), ray.AzimuthDeg, ray.ElevationDeg, part(f.Extinction, r), part(f.ExtinctionSigma, r), part(f.Backscatter, r),
				part(f.Depol, r), part(f.DepolSigma, r), part(f.DustShare, r), f.Quality[f.At(r, 0):f.At(r+1, 0)]})
		}
	}
	return writeWhole(out, func(file *os.File) error {
		return json.NewEncoder(file).Encode(map[string]any{"version": upwind.SchemaVersion, "inputs": []string{id}, "site": f.Site, "wavelength_nm": f.WavelengthNM,
			"first_m": f.FirstM, "bin_m": f.BinM, "lidar_ratio_sr": upwind.Normal(f.LidarRatioSr, f.LidarRatioSigmaSr), "quality_bits": qualityBits, "rays": rows, "notes": p.Notes})
	})
}

// qualityBits name the bits of a quality in documents.
var qualityBits = map[string]scan.Quality{"below_overlap": scan.BelowOverlap, "saturated": scan.Saturated, "missing": scan.Missing, "low_snr": scan.LowSNR,
	"behind_target": scan.BehindTarget, "hard_target": scan.HardTarget, "boundary_guess": scan.BoundaryGuess, "outside_molecular": scan.OutsideMolecular, "blocked": scan.Blocked}

// scanMap lays the last turn on the map.
func scanMap(path string, p *retrieve.Product, cell float64) (*plume.Grid, error) {
	g, err := plume.ToGrid(p.Last().Field, cell)
	if err != nil {
		return nil, &upwind.Refusal{File: path, What: "it is no turn in azimuth, so it has no map", Do: "write .csv or .json", Err: err}
	}
	return g, nil
}

// aboutSite is the azimuthal equidistant projection about an instrument: bearings and ranges are true.
func aboutSite(s scan.Site) string {
	return fmt.Sprintf(`PROJCS["azimuthal equidistant about the lidar",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],`+
		`PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],PROJECTION["Azimuthal_Equidistant"],PARAMETER["latitude_of_center",%.9f],`+
		`PARAMETER["longitude_of_center",%.9f],PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1]]`, s.Lat, s.Lon)
}

func writeFieldCOG(out, path string, p *retrieve.Product, cell float64) error {
	g, err := scanMap(path, p, cell)
	if err != nil {
		return err
	}
	nodata := -9999.0
	band := func(v []float64) []float32 {
		b := make([]float32, len(v))
		for i, x := range v {
			if b[i] = float32(x); x != x {
				b[i] = float32(nodata)
			}
		}
		return b
	}
	r := gdal.Raster{Width: g.W, Height: g.H, Bands: []any{band(g.Extinction), band(g.Sigma), band(g.Coverage)},
		Descriptions: []string{"extinction of particles, 1/m", "its sigma, 1/m", "share of the cell that was seen"}, NoData: &nodata,
		GeoTransform: &[6]float64{g.WestM, g.CellM, 0, g.NorthM, 0, -g.CellM}}
	if g.Site.Placed {
		r.CRS = aboutSite(g.Site)
	}
	return gdal.WriteCOG(out, r)
}

func writeFieldPNG(out, path string, p *retrieve.Product, cell float64) error {
	g, err := scanMap(path, p, cell)
	if err != nil {
		return err
	}
	img, _, _ := g.Render(plume.RenderOptions{})
	return writeWhole(out, func(f *os.File) error { return png.Encode(io.Writer(f), img) })
}
