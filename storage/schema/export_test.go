package schema

// MigrateTo is Migrate with a list of migrations of the test's.
var MigrateTo = migrate

// RenderFrom is Render with files of the test's.
var RenderFrom = render
