package format

import (
	"fmt"
	"strings"

	"upwind"
)

// parseCLMessage reads a message that starts on a line of its file.
func parseCLMessage(b []byte, name string, firstLine int) (*clMessage, *upwind.Refusal) {
	l := &lines{name: name, rest: b, n: firstLine - 1}
	var text [5]string
	head, _ := l.next()
	text[0] = strings.TrimSuffix(string(head), "\x02")
	count := 4
	if text[0][6] == '2' {
		count = 5
	}
	for i := 1; i < count; i++ {
		line, ok := l.next()
		if !ok {
			return nil, l.refuse(0, fmt.Sprintf("the message ends after %d of its %d lines", i, count), doCopyAgain)
		}
		text[i] = string(line)
	}
	m := &clMessage{}
	status := strings.TrimSpace(text[1])
	if bits, ok := hexTail(status, 4); ok {
		m.binM = 1
		if bits&clMetres == 0 {
			m.binM = footM
		}
	} else {
		l.n = firstLine + 1
		return nil, l.refuse(0, quoted(status)+" does not end in a status word", doCopyAgain)
	}
	if len(status) > 1 && status[1] == 'A' {
		m.alarm = status
	}
	l.n = firstLine + count - 2
	bins, fault := m.settings(l, strings.Fields(text[count-2]))
	if fault != nil {
		return nil, fault
	}
	l.n++
	if fault := m.profile(l, strings.TrimRight(text[count-1], " "), bins); fault != nil {
		return nil, fault
	}
	return m, m.verify(l, text[:count])
}

// hexTail is the last n characters of s as a hexadecimal number.
func hexTail(s string, n int) (int, bool) {
	if len(s) < n {
		return 0, false
	}
	v, ok := hex(s[len(s)-n:])
	return v, ok
}

func hex(s string) (int, bool) {
	v := 0
	for i := range len(s) {
		d := strings.IndexByte("0123456789abcdef", s[i]|0x20)
		if d < 0 || s[i] < '0' {
			return 0, false
		}
		v = v<<4 | d
	}
	return v, true
}

// settings reads the line before the profile.
func (m *clMessage) settings(l *lines, f []string) (bins int, fault *upwind.Refusal) {
	if len(f) < 10 {
		return 0, l.refuse(0, fmt.Sprintf("%d settings of the profile; 10 were expected", len(f)), doCopyAgain)
	}
	resolution, ok1 := whole(f[1], 1, 1000)
	bins, ok2 := whole(f[2], 1, maxCLBins)
	tilt, ok3 := whole(f[6], -90, 90)
	scale, ok4 := whole(f[0], 0, 99999)
	switch {
	case !ok4:
		return 0, l.refuse(1, quoted(f[0])+" is no scale in percent", doCopyAgain)
	case !ok1:
		return 0, l.refuse(2, quoted(f[1])+" is no resolution", doCopyAgain)
	case !ok2:
		return 0, l.refuse(3, fmt.Sprintf("%s is no length of a profile (1 to %d)", quoted(f[2]), maxCLBins), doCopyAgain)
	case !ok3:
		return 0, l.refuse(7, quoted(f[6])+" is no tilt in degrees", doCopyAgain)
	}
	m.binM *= float64(resolution)
	m.tiltDeg, m.scale = float64(tilt), scale
	if p := f[8]; len(p) >= 5 {
		if n, ok := whole(p[1:5], 0, 9999); ok {
			m.pulses = n * clShotFactor
		}
	}
	return bins, nil
}

// profile reads the hexadecimal numbers.
func (m *clMessage) profile(l *lines, text string, bins int) *upwind.Refusal {
	if have := len(text); have != bins*clDigits {
		return l.refuse(0, fmt.Sprintf("the profile has %d characters; %d bins of %d were announced", have, bins, clDigits), doCopyAgain)
	}
	m.values = make([]float64, bins)
	for i := range m.values {
		v, ok := hex(text[i*clDigits : (i+1)*clDigits])
		if !ok {
			return upwind.Refuse(l.name, fmt.Sprintf("line %d, column %d", l.n, i*clDigits+1), quoted(text[i*clDigits:(i+1)*clDigits])+" is not hexadecimal", doCopyAgain)
		}
		if v >= 1<<19 { // 20-bit two's complement
			v -= 1 << 20
		}
		m.values[i] = float64(v) * clUnit
	}
	return nil
}

// verify compares the checksum, where there is one, with that of the message as it was sent: control
// characters restored, and the sky line filled up to its length where a logger trimmed it.
func (m *clMessage) verify(l *lines, text []string) *upwind.Refusal {
	line, ok := l.next()
	sum := strings.Trim(string(line), "\x03\x04 ")
	want, isHex := hex(sum)
	if !ok || len(sum) != 4 || !isHex {
		m.unverified = true
		return nil
	}
	sent := append([]string(nil), text...)
	if len(sent) == 5 {
		full := clSky31
		if strings.Contains(sent[2], "////") || len(sent[2]) > clSky31 {
			full = clSky51
		}
		sent[2] = strings.Repeat(" ", max(0, full-len(sent[2]))) + sent[2]
	}
	for _, t := range [][]string{text, sent} {
		if clChecksum(t) == want {
			return nil
		}
	}
	return l.refuse(0, "the checksum "+quoted(sum)+" is not that of the message", doCopyAgain)
}

// clChecksum is the CRC-16 of the guides: polynomial 1021 (hex), start and final complement FFFF, over all
// between SOH and ETX inclusive.
func clChecksum(text []string) int {
	crc := uint16(0xffff)
	add := func(s string) {
		for i := range len(s) {
			crc ^= uint16(s[i]) << 8
			for range 8 {
				if crc&0x8000 != 0 {
					crc = crc<<1 ^ 0x1021
				} else {
					crc <<= 1
				}
			}
		}
	}
	add(text[0] + "\x02\r\n")
	for _, t := range text[1:] {
		add(t + "\r\n")
	}
	add("\x03")
	return int(crc ^ 0xffff)
}
