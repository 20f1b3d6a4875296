package hj212

// polynomial of the checksum, x16 + x15 + x2 + 1 reversed.
const polynomial = 0xA001

var table = func() (t [256]uint16) {
	for i := range t {
		r := uint16(i)
		for range 8 {
			low := r & 1
			r >>= 1
			if low == 1 {
				r ^= polynomial
			}
		}
		t[i] = r
	}
	return t
}()

// Checksum is the CRC of HJ 212-2017, appendix A. Before each byte the register loses its low byte, r = (r >> 8) ^ b,
// where that of Modbus keeps it, r ^ b: of "123456789" it is 0x2F80, and Modbus' is 0x4B37.
func Checksum(segment []byte) uint16 {
	r := uint16(0xFFFF)
	for _, b := range segment {
		r = table[byte(r>>8)^b]
	}
	return r
}

// modbus is the CRC that some devices compute by mistake; it only serves to say so.
func modbus(segment []byte) uint16 {
	r := uint16(0xFFFF)
	for _, b := range segment {
		r = r>>8 ^ table[byte(r)^b]
	}
	return r
}
