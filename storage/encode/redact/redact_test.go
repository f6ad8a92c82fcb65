package redact

import (
	"strings"
	"testing"
)

func TestTextMasksSecretsAndNothingElse(t *testing.T) {
	f := func(in, want string) {
		t.Helper()
		got, _ := Text(nil, []byte(in))
		if string(got) != want {
			t.Errorf("Text(%q)\n got %q\nwant %q", in, got, want)
		}
		if in != want && Scan([]byte(in))&Suspect == 0 {
			t.Errorf("Scan(%q) does not suspect it", in)
		}
		var s Scrubber
		for range 2 {
			if s.Dirty([]byte(in)) != (in != want) {
				t.Errorf("Dirty(%q) = %v", in, in == want)
			}
		}
	}
	jwt := "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
	f(jwt, Mask)
	f("token "+jwt+" rejected", "token "+Mask+" rejected")
	f("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", Mask)
	f("GET /cb?id_token="+jwt+"&x=1", "GET /cb?id_token="+Mask+"&x=1")
	f("key AKIAIOSFODNN7EXAMPLE used", "key "+Mask+" used")
	f("ASIAIOSFODNN7EXAMPLE", Mask)
	f("4111111111111111", Mask)
	f("card 4111-1111-1111-1111 declined", "card "+Mask+" declined")
	f("4111 1111 1111 1111 12/30", Mask+" 12/30")
	f("amex 3782 822463 10005.", "amex "+Mask+".")
	f("5555555555554444,378282246310005", Mask+","+Mask)
	f("Authorization: Bearer abcdef0123456789", "Authorization: Bearer "+Mask)
	f("bearer Zm9vYmFyZm9vYmFy", "bearer "+Mask)
	f("Basic dXNlcjpwYXNz", "Basic "+Mask)
	f("postgres://shop:hunter2@db:5432/shop?sslmode=disable", "postgres://shop:"+Mask+"@db:5432/shop?sslmode=disable")
	f("root:pa55@tcp(127.0.0.1:3306)/db", "root:"+Mask+"@tcp(127.0.0.1:3306)/db")
	f("https://h/p?a=1&password=hunter2&b=2", "https://h/p?a=1&password="+Mask+"&b=2")
	f("https://b.s3.amazonaws.com/k?X-Amz-Signature=ab12cd34&X-Amz-Date=1", "https://b.s3.amazonaws.com/k?X-Amz-Signature="+Mask+"&X-Amz-Date=1")
	f(`{"user":"bob","password":"letmein","n":1}`, `{"user":"bob","password":"`+Mask+`","n":1}`)
	f(`{\"client_secret\":\"s3\"}`, `{\"client_secret\":\"`+Mask+`\"}`)
	f("Server=db;User Id=sa;Password=p w;Encrypt=yes", "Server=db;User Id=sa;Password="+Mask+" w;Encrypt=yes")
	f("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\n", Mask+"\n")
	f("x -----BEGIN PRIVATE KEY-----\nMIIE", "x "+Mask)
	f("remote: ghp_"+strings.Repeat("aB3", 12), "remote: "+Mask)
	f("xoxb-123456789012-123456789012-abcdef", Mask)
	f("sk_live_abcdefghijklmnoP", Mask)

	for _, harmless := range []string{
		"", "GET", "/api/products/{id}", "postgresql", "4111111111111112", "1700000000000000000", "1700000000000",
		"550e8400-e29b-41d4-a716-446655440000", "12345678-1234-1234-1234-123456789012", "4bf92f3577b34da6a3ce929d0e0e4736",
		"SELECT * FROM orders WHERE id = $1 AND token_count > 3", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
		"http://frontend:8080/api/cart?sessionId2=3", "arn:aws:sqs:eu-west-1:123456789012:orders", "token: expired", "invalid token: expired",
		"basic authentication failed", "bearer of news", "https://user@host/path", "a@b.example", "eyJ", "eyJ.eyJ", "AKIA", "AKIASHORT",
		"AKIAIOSFODNN7EXAMPLEX", "x4111111111111111", "4111111111111111x", "0.4111111111111111", "2024-01-02T03:04:05.678901234Z",
		"next_token=abc", "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----", "10.0.0.1:5432", "[::1]:8080", "=", ":", "@", "://:@",
	} {
		f(harmless, harmless)
	}
}

func TestMaskedTextIsCleanAgain(t *testing.T) {
	for _, s := range []string{"password=x9", "Authorization: Bearer abcdef0123456789", "postgres://a:b@c/d", `"token":"x1"`, "4111111111111111"} {
		once, n := Text(nil, []byte(s))
		if n != 1 {
			t.Errorf("Text(%q) masks %d secrets", s, n)
		}
		if twice, n := Text(nil, once); n != 0 {
			t.Errorf("Text(%q) = %q, masks again", once, twice)
		}
	}
}

func TestKey(t *testing.T) {
	f := func(key string, want bool) {
		t.Helper()
		if got := Key([]byte(key)); got != want {
			t.Errorf("Key(%q) = %v", key, got)
		}
	}
	for _, key := range []string{
		"authorization", "Authorization", "http.request.header.authorization", "http.request.header.cookie", "http.response.header.set-cookie",
		"http.request.header.x-api-key", "http.request.header.x_api_key", "rpc.grpc.request.metadata.authorization", "db.password", "password",
		"user.accessToken", "client_secret", "aws.secret_access_key", "private-key", "pwd", "proxy-authorization", "session_token",
	} {
		f(key, true)
	}
	for _, key := range []string{
		"", ".", "http.route", "gen_ai.usage.input_tokens", "k8s.secret.name", "aws.secretsmanager.secret.arn", "aws.next_token",
		"session.id", "token.count", "http.request.method", "enduser.id", "author", "auth.method", "db.collection.name",
	} {
		f(key, false)
	}
}

func TestNumberKnowsCards(t *testing.T) {
	for n, want := range map[int64]bool{
		4111111111111111: true, 378282246310005: true, 4111111111111112: false, 1700000000000: false, 1700000000000000000: false, -4111111111111111: false, 0: false,
	} {
		if Number(n) != want {
			t.Errorf("Number(%d) = %v", n, !want)
		}
	}
}

// FuzzScanSuspectsEverySecret holds the prefilter to the finder: what has a secret must be suspect, and masking must end.
func FuzzScanSuspectsEverySecret(f *testing.F) {
	f.Add([]byte("x=4111 1111 1111 1111"))
	f.Add([]byte("password: x9;;;;;;;;;;;;;;;"))
	f.Add([]byte("xoxb-Abcdefghijklmn"))
	f.Fuzz(func(t *testing.T, v []byte) {
		out, n := Text(nil, v)
		if n > 0 && Scan(v)&Suspect == 0 {
			t.Errorf("Scan(%q) passes %d secrets", v, n)
		}
		if n == 0 && string(out) != string(v) {
			t.Errorf("Text(%q) changes clean text to %q", v, out)
		}
		nonASCII := strings.IndexFunc(string(v), func(r rune) bool { return r >= 0x80 }) >= 0
		if (Scan(v)&NonASCII != 0) != nonASCII {
			t.Errorf("Scan(%q) is wrong about ASCII", v)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	for name, v := range map[string]string{
		"short": "GET", "route": "/api/products/{id}", "uuid": "550e8400-e29b-41d4-a716-446655440000", "sql": "SELECT id, name FROM products WHERE id = $1",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var s Scrubber
			v := []byte(v)
			for b.Loop() {
				if Scan(v)&Suspect != 0 && s.Dirty(v) {
					b.Fatal("dirty")
				}
			}
		})
	}
	b.Run("find/uuid", func(b *testing.B) {
		v := []byte("550e8400-e29b-41d4-a716-446655440000")
		for b.Loop() {
			find(v, 0)
		}
	})
	b.Run("find/url", func(b *testing.B) {
		v := []byte("http://frontend:8080/api/cart?productId=L9ECAV7KIM&sessionId2=550e8400")
		for b.Loop() {
			find(v, 0)
		}
	})
}
