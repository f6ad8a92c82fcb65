package conn

// CheckURL says what is wrong with a server's URL, without connecting.
func CheckURL(url string) error {
	_, err := parseURL(Config{URL: url})
	return err
}
