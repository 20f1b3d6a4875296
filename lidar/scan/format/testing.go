package format

import (
	"math"
	"slices"

	"upwind"
)

// MemoryNetCDF is a netCDF file in memory, for tests: any path opens it.
type MemoryNetCDF struct {
	Attributes map[string]string
	Vars       []MemoryVariable
}

// MemoryVariable is one of its variables, values or texts in the order of Dims.
type MemoryVariable struct {
	Name       string
	Dims       []string
	Shape      []int
	Values     []float64
	Texts      []string
	Attributes map[string]string
}

var _ NetCDF = MemoryNetCDF{}

// OpenNetCDF gives the file itself.
func (m MemoryNetCDF) OpenNetCDF(string) (NetCDFFile, error) { return m, nil }

// Variables as they were given.
func (m MemoryNetCDF) Variables() (out []NetCDFVariable) {
	for _, v := range m.Vars {
		out = append(out, NetCDFVariable{Name: v.Name, Dims: v.Dims, Shape: v.Shape, Text: v.Texts != nil})
	}
	return out
}

func (m MemoryNetCDF) variable(name string) (MemoryVariable, bool) {
	i := slices.IndexFunc(m.Vars, func(v MemoryVariable) bool { return v.Name == name })
	if i < 0 {
		return MemoryVariable{}, false
	}
	return m.Vars[i], true
}

// Attribute of a variable or of the file.
func (m MemoryNetCDF) Attribute(variable, name string) (string, bool) {
	attributes := m.Attributes
	if variable != "" {
		v, _ := m.variable(variable)
		attributes = v.Attributes
	}
	s, ok := attributes[name]
	return s, ok
}

// Floats is a copy of the values.
func (m MemoryNetCDF) Floats(variable string) ([]float64, error) {
	v, ok := m.variable(variable)
	if !ok || v.Texts != nil {
		return nil, upwind.Refuse("memory.nc", "variable "+variable, "is not there", "")
	}
	return slices.Clone(v.Values), nil
}

// Strings is a copy of the texts.
func (m MemoryNetCDF) Strings(variable string) ([]string, error) {
	v, ok := m.variable(variable)
	if !ok || v.Texts == nil {
		return nil, upwind.Refuse("memory.nc", "variable "+variable, "is not there", "")
	}
	return slices.Clone(v.Texts), nil
}

// Close does nothing.
func (m MemoryNetCDF) Close() error { return nil }

// sampleField is a field that differs in every bin, with one bin missing.
func sampleField(n int, scale float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = scale * (1 + math.Mod(float64(i)*0.37, 1))
	}
	v[n/2] = math.NaN()
	return v
}

func units(u string) map[string]string { return map[string]string{"units": u} }

func ramp(n int, from, step float64) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = from + float64(i)*step
	}
	return v
}

// SampleNetCDF are small files in the published layouts of which no real file is at hand, by layout.
func SampleNetCDF() map[string]MemoryNetCDF {
	return map[string]MemoryNetCDF{"e-profile": sampleEProfileL1(), "cl61": sampleCL61(), "scc": sampleSCC(), "cfradial": sampleCfRadial()}
}

func sampleEProfileL1() MemoryNetCDF {
	return MemoryNetCDF{
		Attributes: map[string]string{"instrument_type": "CHM15k", "wigos_station_id": "0-20000-0-10393"},
		Vars: []MemoryVariable{
			{Name: "time", Dims: []string{"time"}, Shape: []int{3}, Values: []float64{18878, 18878.5, 18879}, Attributes: units("days since 1970-01-01 00:00:00.000")},
			{Name: "start_time", Dims: []string{"time"}, Shape: []int{3}, Values: []float64{18877.5, 18878, 18878.5}, Attributes: units("days since 1970-01-01 00:00:00.000")},
			{Name: "range", Dims: []string{"range"}, Shape: []int{8}, Values: ramp(8, 14.985, 14.985), Attributes: units("m")},
			{Name: "rcs_0", Dims: []string{"time", "range"}, Shape: []int{3, 8}, Values: sampleField(24, 1e5), Attributes: units("1")},
			{Name: "l0_wavelength", Values: []float64{1064}, Attributes: units("nm")},
			{Name: "zenith", Values: []float64{5}, Attributes: units("degree")},
			{Name: "station_latitude", Values: []float64{52.21}},
			{Name: "station_longitude", Values: []float64{14.12}},
			{Name: "station_altitude", Values: []float64{127}},
		},
	}
}

func sampleCL61() MemoryNetCDF {
	profile := []string{"time", "range"}
	return MemoryNetCDF{
		Attributes: map[string]string{"instrument_serial_number": "T3250001", "Conventions": "CF-1.8"},
		Vars: []MemoryVariable{
			{Name: "time", Dims: []string{"time"}, Shape: []int{2}, Values: []float64{1631059200, 1631059210}, Attributes: units("seconds since 1970-01-01 00:00:00.000")},
			{Name: "range", Dims: []string{"range"}, Shape: []int{6}, Values: ramp(6, 2.4, 4.8), Attributes: units("m")},
			{Name: "beta_att", Dims: profile, Shape: []int{2, 6}, Values: sampleField(12, 1e-6), Attributes: units("1/(m*sr)")},
			{Name: "p_pol", Dims: profile, Shape: []int{2, 6}, Values: sampleField(12, 8e-7), Attributes: units("1/(m*sr)")},
			{Name: "x_pol", Dims: profile, Shape: []int{2, 6}, Values: sampleField(12, 2e-7), Attributes: units("1/(m*sr)")},
			{Name: "linear_depol_ratio", Dims: profile, Shape: []int{2, 6}, Values: sampleField(12, 0.25), Attributes: units("1")},
			{Name: "latitude", Values: []float64{60.2}},
			{Name: "longitude", Values: []float64{24.96}},
			{Name: "elevation", Values: []float64{26}},
			{Name: "tilt_angle", Values: []float64{-3}},
		},
	}
}

func sampleSCC() MemoryNetCDF {
	channels := []string{"channels"}
	return MemoryNetCDF{
		Attributes: map[string]string{"Measurement_ID": "20181018in00", "RawData_Start_Date": "20181018", "RawData_Start_Time_UT": "054817",
			"Latitude_degrees_north": "40.21", "Longitude_degrees_east": "-88.41", "Altitude_meter_asl": "214"},
		Vars: []MemoryVariable{
			{Name: "Raw_Lidar_Data", Dims: []string{"time", "channels", "points"}, Shape: []int{2, 3, 5}, Values: sampleField(30, 10)},
			{Name: "Raw_Data_Start_Time", Dims: []string{"time", "nb_of_time_scales"}, Shape: []int{2, 1}, Values: []float64{0, 60}},
			{Name: "Raw_Data_Stop_Time", Dims: []string{"time", "nb_of_time_scales"}, Shape: []int{2, 1}, Values: []float64{59, 119}},
			{Name: "Laser_Shots", Dims: []string{"time", "channels"}, Shape: []int{2, 3}, Values: []float64{1200, 1200, 600, 1201, 1201, 601}},
			{Name: "channel_ID", Dims: channels, Shape: []int{3}, Values: []float64{501, 502, 503}},
			{Name: "Raw_Data_Range_Resolution", Dims: channels, Shape: []int{3}, Values: []float64{3.75, 3.75, 7.5}},
			{Name: "DAQ_Range", Dims: channels, Shape: []int{3}, Values: []float64{500, math.NaN(), math.NaN()}},
			{Name: "Emitted_Wavelength", Dims: channels, Shape: []int{3}, Values: []float64{355, 532, math.NaN()}},
			{Name: "Laser_Pointing_Angle", Dims: []string{"scan_angles"}, Shape: []int{2}, Values: []float64{5, 80}},
			{Name: "Laser_Pointing_Azimuth_Angle", Dims: []string{"scan_angles"}, Shape: []int{2}, Values: []float64{0, 112}},
			{Name: "Laser_Pointing_Angle_of_Profiles", Dims: []string{"time", "nb_of_time_scales"}, Shape: []int{2, 1}, Values: []float64{0, 1}},
		},
	}
}

func sampleCfRadial() MemoryNetCDF {
	ray := []string{"time"}
	return MemoryNetCDF{
		Attributes: map[string]string{"Conventions": "CF/Radial instrument_parameters", "instrument_name": "3D lidar", "site_name": "Chiping"},
		Vars: []MemoryVariable{
			{Name: "time", Dims: ray, Shape: []int{4}, Values: []float64{0, 1.5, 3, 4.5}, Attributes: units("seconds since 2026-03-01T04:00:00Z")},
			{Name: "range", Dims: []string{"range"}, Shape: []int{5}, Values: ramp(5, 3.75, 7.5), Attributes: units("meters")},
			{Name: "azimuth", Dims: ray, Shape: []int{4}, Values: []float64{0, 2, 4, 6}, Attributes: units("degrees")},
			{Name: "elevation", Dims: ray, Shape: []int{4}, Values: []float64{1, 1, 1, 1}, Attributes: units("degrees")},
			{Name: "antenna_transition", Dims: ray, Shape: []int{4}, Values: []float64{1, 0, 0, 0}},
			{Name: "latitude", Values: []float64{36.59}, Attributes: units("degrees_north")},
			{Name: "longitude", Values: []float64{116.25}, Attributes: units("degrees_east")},
			{Name: "altitude", Values: []float64{33}, Attributes: units("meters")},
			{Name: "frequency", Dims: []string{"frequency"}, Shape: []int{1}, Values: []float64{speedOfLightMS / 532e-9}, Attributes: units("s-1")},
			{Name: "ray_n_gates", Dims: ray, Shape: []int{4}, Values: []float64{5, 5, 4, 5}},
			{Name: "ray_start_index", Dims: ray, Shape: []int{4}, Values: []float64{0, 5, 10, 14}},
			{Name: "attenuated_backscatter", Dims: []string{"n_points"}, Shape: []int{19}, Values: sampleField(19, 1e-3), Attributes: units("km-1 sr-1")},
			{Name: "attenuated_backscatter_cross", Dims: []string{"n_points"}, Shape: []int{19}, Values: sampleField(19, 1e-4), Attributes: map[string]string{"units": "km-1 sr-1", "long_name": "cross polarised attenuated backscatter"}},
			{Name: "depolarisation_ratio", Dims: []string{"n_points"}, Shape: []int{19}, Values: sampleField(19, 0.1), Attributes: units("1")},
		},
	}
}
