package segment

import (
	"strconv"
	"strings"
)

const maxTimeDigits = 10 // of whole seconds: the year 2286

// epochNs reads epoch seconds as JSON spells numbers, exponents included, as ns since 1970. It goes by digits: a float64 knows times
// of today to 200 ns only. Digits past the ninth are cut off.
func epochNs(literal string) (ns uint64, ok bool) {
	mantissa, exponent := literal, 0
	if i := strings.IndexAny(literal, "eE"); i >= 0 {
		var err error
		if exponent, err = strconv.Atoi(literal[i+1:]); err != nil {
			return 0, false
		}
		mantissa = literal[:i]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if strings.HasPrefix(whole, "-") || exponent > 64 || exponent < -64 {
		return 0, false
	}
	digits, point := whole+fraction, len(whole)+exponent
	if point <= 0 {
		digits, point = strings.Repeat("0", 1-point)+digits, 1
	}
	if missing := point + 9 - len(digits); missing > 0 {
		digits += strings.Repeat("0", missing)
	}
	if seconds := strings.TrimLeft(digits[:point], "0"); seconds == "" || len(seconds) > maxTimeDigits {
		return 0, false
	}
	ns, err := strconv.ParseUint(digits[:point+9], 10, 64)
	return ns, err == nil
}
