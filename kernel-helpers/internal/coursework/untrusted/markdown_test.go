package untrusted

import (
	"regexp"
	"strings"
	"testing"
)

func TestMarkdownHasNothingActiveAndKeepsItsText(t *testing.T) {
	active := regexp.MustCompile(`(?i)<[a-z/!?]|(javascript|vbscript|data|attachment)\s*\\?:|&#|&colon|&tab|\\(href|style|require)`)
	for _, text := range []string{
		"<script>alert(1)</script>",
		"<SCRIPT src=//x>",
		"<img src=x onerror=alert(1)>",
		"<svg/onload=alert(1)>",
		"<iframe srcdoc='<script>alert(1)</script>'></iframe>",
		"<style>*{display:none}</style>",
		"<meta http-equiv=refresh content='0;url=//x'>",
		"<form action=/formgrader><button>Resolve</button></form>",
		"<!-- --><!DOCTYPE x><?php ?>",
		"`<script>` and\n\n```\n<script>\n```\n",
		"[x](javascript:alert(1)) [y](JaVaScRiPt\\:alert(1)) [z](<java\tscript:alert(1)>)",
		"[x](java&#115;cript:alert(1)) [x](javascript&colon;alert(1)) [x](java&Tab;script:alert(1))",
		"[r]\n\n[r]: javascript:alert(1)",
		"![x](data:image/svg+xml;base64,PHN2Zz4=)",
		"![x](attachment:x.svg)",
		"<javascript:alert(1)>",
		`$\href{javascript:alert(1)}{x}$ $\style{position:fixed}{x}$ $\require{html}$`,
	} {
		got := Markdown(text)
		if found := active.FindString(got); found != "" {
			t.Errorf("Markdown(%q): got %q with %q, want nothing active", text, got, found)
		}
		if readable := strings.ReplaceAll(got, gap, ""); readable != text {
			t.Errorf("Markdown(%q): it reads %q, want the same text", text, readable)
		}
	}
}

func TestHarmlessMarkdownStaysAsItIs(t *testing.T) {
	text := "# Title\n\nA *pool* with `a < b`, [a link](https://go.dev), $x<2$, x &lt; y and\n\n- 1 > 0 && 2 <3\n"
	if got := Markdown(text); got != text {
		t.Errorf("got %q, want %q", got, text)
	}
}
