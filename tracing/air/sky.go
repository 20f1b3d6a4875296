package air

import (
	"math"
	"time"
)

// Sky is what is known of the weather at a place and time.
type Sky struct {
	Time   time.Time // zero: not known, the air is taken as neutral
	Lon    float64
	Lat    float64
	Cloud  float64 // share of the sky, 0 to 1; negative: not known
	Alpha  float64 // De Bruin & Holtslag's (1982) moisture: 1 moist grass, 0.5 dry bare soil; 0: 0.8
	TempC  float64
	Albedo float64 // 0: 0.2, grass and towns
}

const (
	unknownCloud  = 0.5
	defaultAlbedo = 0.2
	defaultAlpha  = 0.8 // between moist grass and dry ground
	typicalTempC  = 15.0
)

// Elevation is the sun's height above the horizon in rad, within about half a degree (Spencer 1971).
func (k Sky) Elevation() float64 {
	t := k.Time.UTC()
	hour := float64(t.Hour()) + float64(t.Minute())/60 + float64(t.Second())/3600
	g := 2 * math.Pi / 365 * (float64(t.YearDay()) - 1 + (hour-12)/24)
	decl := 0.006918 - 0.399912*math.Cos(g) + 0.070257*math.Sin(g) - 0.006758*math.Cos(2*g) + 0.000907*math.Sin(2*g)
	eqMin := 229.18 * (0.000075 + 0.001868*math.Cos(g) - 0.032077*math.Sin(g) - 0.014615*math.Cos(2*g) - 0.040849*math.Sin(2*g))
	angle := (hour-12)*math.Pi/12 + k.Lon*math.Pi/180 + eqMin*math.Pi/720
	lat := k.Lat * math.Pi / 180
	return math.Asin(min(1, max(-1, math.Sin(lat)*math.Sin(decl)+math.Cos(lat)*math.Cos(decl)*math.Cos(angle))))
}

func (k Sky) cloud() float64 {
	if k.Cloud < 0 || math.IsNaN(k.Cloud) {
		return unknownCloud
	}
	return min(k.Cloud, 1)
}

// heatFlux is the sensible heat flux by day in W/m2 (Holtslag & van Ulden 1983): insolation, net radiation, and its
// share that warms the air.
func (k Sky) heatFlux(elevation float64) float64 {
	n := k.cloud()
	sun := max(990*math.Sin(elevation)-30, 0) * (1 - 0.75*math.Pow(n, 3.4))
	albedo := k.Albedo
	if albedo <= 0 {
		albedo = defaultAlbedo
	}
	t := k.kelvin()
	const stefanBoltzmann = 5.67e-8
	net := ((1-albedo)*sun + 5.31e-13*math.Pow(t, 6) - stefanBoltzmann*math.Pow(t, 4) + 60*n) / 1.12
	// gamma/s, the psychrometric constant over the slope of saturation: 0.66 hPa/K over Clausius-Clapeyron (Tetens).
	c := t - kelvin
	es := 6.1078 * math.Exp(17.27*c/(c+237.3))
	ratio := 0.66 / (es * 17.27 * 237.3 / ((c + 237.3) * (c + 237.3)))
	alpha := k.Alpha
	if alpha <= 0 {
		alpha = defaultAlpha
	}
	const ground = 0.1 // share of net radiation that warms the ground
	return ((1-alpha)+ratio)/(1+ratio)*(1-ground)*net - 20*alpha
}

func (k Sky) kelvin() float64 {
	if k.TempC < -80 || k.TempC > 60 || math.IsNaN(k.TempC) {
		return typicalTempC + kelvin
	}
	return k.TempC + kelvin
}

// heated is the seconds since the sun has warmed the ground today.
func (k Sky) heated() float64 {
	s := 0.0
	for q := k; s < 12*3600; s += 1800 {
		q.Time = q.Time.Add(-30 * time.Minute)
		if q.Elevation() < 0.1 {
			break
		}
	}
	return s
}
