package main

import "testing"

func TestStatementNameIsOperationAndTable(t *testing.T) {
	f := func(query, want string) {
		t.Helper()
		if got := statementName("sql.conn.query", query); got != want {
			t.Errorf("statementName(%q) = %q, want %q", query, got, want)
		}
	}
	f("SELECT id FROM products ORDER BY id", "SELECT products")
	f("UPDATE products SET stock = stock - ?", "UPDATE products")
	f("INSERT INTO orders (product) VALUES (?)", "INSERT orders")
	f("REPLACE INTO products VALUES (?)", "REPLACE products")
	f("CREATE TABLE IF NOT EXISTS orders (id BIGINT)", "CREATE orders")
	f("", "sql.conn.query")
}
