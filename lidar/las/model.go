package las

// bitModel is the adaptive model of one bit.
type bitModel struct {
	epoch       uint64
	p0          uint32 // probability of 0, in 2^-13
	c0, total   uint32
	cycle, left uint32
}

// freshBit has seen one 0 and one 1.
var freshBit = bitModel{p0: 1 << 12, c0: 1, total: 2, cycle: 4, left: 4}

func (m *bitModel) update() {
	m.total += m.cycle
	if m.total > 1<<13 {
		m.total = (m.total + 1) >> 1
		m.c0 = (m.c0 + 1) >> 1
		if m.c0 == m.total {
			m.total++
		}
	}
	m.p0 = (m.c0 * (1 << 31 / m.total)) >> 18
	m.cycle = min(5*m.cycle>>2, 64)
	m.left = m.cycle
}

// distBits is the scale of a cumulative distribution: it ends at 2^15.
const distBits = 15

// model is the adaptive model of up to 2048 symbols. It takes its memory when it is first used, and is
// fresh whenever its epoch is not that of its decoder, so that a new chunk resets nothing.
type model struct {
	epoch       uint64
	last        uint32 // highest symbol
	shift       uint32
	total       uint32
	cycle, left uint32
	symbols     []symbol // and a guard, which stands above all values
	table       []uint16 // for q>>shift, the highest symbol whose distribution is not above
}

// symbol is what a model knows of one symbol.
type symbol struct {
	dist  uint16 // cumulative distribution: the sum of what is below
	count uint16
}

func newModel(symbols int) model { return model{last: uint32(symbols - 1)} }

func newModels(n, symbols int) []model {
	m := make([]model, n)
	for i := range m {
		m[i] = newModel(symbols)
	}
	return m
}

// fresh gives all symbols the same probability.
func (m *model) fresh(epoch uint64) {
	n := m.last + 1
	if m.symbols == nil {
		b := uint32(3)
		for n > 1<<b && b < 9 {
			b++
		}
		m.shift = distBits - b
		m.symbols, m.table = make([]symbol, n+1), make([]uint16, 1<<b+1)
		m.symbols[n].dist = 1<<16 - 1
	}
	m.epoch = epoch
	for i := range m.symbols[:n] {
		m.symbols[i].count = 1
	}
	m.total, m.cycle = 0, n
	m.update()
	m.cycle = (n + 6) >> 1
	m.left = m.cycle
}

// update takes what was counted into the distribution.
func (m *model) update() {
	n := m.last + 1
	symbols := m.symbols[:n]
	if m.total += m.cycle; m.total > 1<<distBits {
		m.total = 0
		for i := range symbols {
			c := (symbols[i].count + 1) >> 1
			symbols[i].count = c
			m.total += uint32(c)
		}
	}
	scale, sum := 1<<31/m.total, uint32(0)
	table, t, round := m.table, 0, uint32(1)<<m.shift-1
	for i := range symbols {
		s := &symbols[i]
		d := scale * sum >> 16
		s.dist = uint16(d)
		sum += uint32(s.count)
		for end := int((d + round) >> m.shift); t < end; t++ {
			table[t] = uint16(i - 1)
		}
	}
	for ; t < len(table); t++ {
		table[t] = uint16(m.last)
	}
	m.cycle = min(5*m.cycle>>2, (n+6)<<3)
	m.left = m.cycle
}
