package las

// Layers is a set of point attributes, for [Reader.Select]. In layered LAZ (formats 6 to 10) each is
// compressed by itself, so what is not selected costs nothing.
type Layers uint32

// Attributes of a point, in the order of the layers of LASzip's compressor 3.
const (
	LayerXY Layers = 1 << iota // X, Y, return number, number of returns, scanner channel; always read
	LayerZ
	LayerClass // classification
	LayerFlags // synthetic, key-point, withheld, overlap, scan direction, edge of flight line
	LayerIntensity
	LayerScanAngle
	LayerUserData
	LayerSource // point source ID
	LayerTime   // GPS time
	LayerRGB
	LayerNIR
	LayerWave  // wave packet
	LayerExtra // extra bytes
	AllLayers  = 1<<iota - 1
)
