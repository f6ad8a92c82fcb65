package redact

import "strconv"

// card recognises a card number that begins with the digit at i: the digits of a known issuer in a length it uses, in groups
// as cards print them or in one, with the right check digit (ISO/IEC 7812, Luhn).
func card(v []byte, i int) (start, end int) {
	if i > 0 && v[i-1] == '.' || i > 1 && (v[i-1] == '-' || v[i-1] == ' ') && class[v[i-2]]&digit != 0 {
		return 0, 0 // a fraction; or a group in the middle
	}
	if v[i] < '2' || v[i] > '6' {
		return 0, 0 // no issuer's
	}
	// One group of four before a separator, or 13 digits and more: nearly every number ends here.
	if end = run(v, i, digit); end-i < minRun && (end-i != 4 || end+1 >= len(v) || class[v[end+1]]&digit == 0) {
		return 0, 0
	}
	var digits [20]byte
	var ends, counts [8]int // of each group: where it ends in v, and how many digits stand before its end
	n, g := 0, 0
	j := i
	for ; j < len(v); j++ {
		c := v[j]
		if class[c]&digit != 0 {
			if n == len(digits) {
				return 0, 0
			}
			digits[n] = c - '0'
			n++
			ends[g], counts[g] = j+1, n
			continue
		}
		if c != ' ' && c != '-' || g == len(ends)-1 || j+1 == len(v) || class[v[j+1]]&digit == 0 || g > 0 && c != v[ends[0]] {
			break
		}
		g++
	}
	for ; g >= 0; g-- { // "4111 1111 1111 1111 12/30": what follows may be no part of it
		n, end = counts[g], ends[g]
		if n < minRun {
			return 0, 0
		}
		if n > 19 || end < len(v) && class[v[end]]&(lower|upper) != 0 {
			continue
		}
		if (g == 0 || grouped(counts[:g+1])) && issued(digits[:n]) && luhn(digits[:n]) {
			return i, end
		}
	}
	return 0, 0
}

// Number says whether an integer is a card number.
func Number(n int64) bool {
	if n < 1e12 {
		return false
	}
	var buf [20]byte
	text := strconv.AppendInt(buf[:0], n, 10)
	_, end := card(text, 0)
	return end == len(text)
}

// grouped: four by four, or 4-6-5 and 4-6-4 as American Express and Diners Club print them. counts are running totals.
func grouped(counts []int) bool {
	if len(counts) == 3 && counts[0] == 4 && counts[1] == 10 {
		return counts[2] == 15 || counts[2] == 14
	}
	for i, n := range counts[:len(counts)-1] {
		if n != 4*(i+1) {
			return false
		}
	}
	return len(counts) >= 4 && counts[len(counts)-1] <= 4*len(counts)
}

// issued says whether an issuer gives out numbers of this beginning and length.
func issued(d []byte) bool {
	two := int(d[0])*10 + int(d[1])
	four := two*100 + int(d[2])*10 + int(d[3])
	n := len(d)
	switch {
	case d[0] == 4: // Visa
		return n == 13 || n == 16 || n == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720: // Mastercard
		return n == 16
	case two == 34, two == 37: // American Express
		return n == 15
	case four >= 3000 && four <= 3059, two == 36, two == 38, two == 39: // Diners Club
		return n == 14 || n == 16
	case four >= 3528 && four <= 3589: // JCB
		return n >= 16
	case four == 6011, four >= 6440 && four <= 6499, two == 65, two == 62: // Discover, UnionPay
		return n >= 16
	case two == 50, two >= 56 && two <= 58, two == 67: // Maestro
		return n >= 16
	}
	return false
}

func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		x := int(d[len(d)-1-i])
		if i%2 == 1 {
			if x *= 2; x > 9 {
				x -= 9
			}
		}
		sum += x
	}
	return sum%10 == 0
}
