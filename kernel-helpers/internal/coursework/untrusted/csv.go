package untrusted

import "strings"

// Cell returns text for a cell of a CSV file that no spreadsheet takes for a formula.
// See https://owasp.org/www-community/attacks/CSV_Injection.
func Cell(text string) string {
	text = Clean(text)
	if strings.IndexAny(strings.TrimLeft(text, " \u00a0"), "=+-@\t\r|＝＋－＠") == 0 {
		return "'" + text
	}
	return text
}
