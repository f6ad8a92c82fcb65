package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/sightline/sightline/query"
)

func keyCommand(load func() (Config, error)) *cobra.Command {
	c := &cobra.Command{
		Use:   "key",
		Short: "Make, list and revoke keys; set the login of the page",
		Long: `Keys and the login are kept as hashes in auth.json in the data folder. As soon as one ingest key exists, every sender must
show one; as soon as a login exists, the page and its API ask for it. A running Sightline follows changes within seconds.`,
	}
	open := func() (*Auth, error) {
		config, err := load()
		if err != nil {
			return nil, err
		}
		return OpenAuth(config.AuthFile())
	}
	var project string
	var read bool
	create := &cobra.Command{
		Use:     "create NAME",
		Short:   "Make a key and print it once",
		Long:    "Make a key that senders show, or with --read one with which a program reads the API while the page asks for a login.\nThe key is printed once; only its hash is kept.",
		Example: "  sightline key create payments-team\n  OTEL_EXPORTER_OTLP_HEADERS=\"authorization=Bearer sl_...\" ./my-service\n  sightline key create --read grafana",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			auth, err := open()
			if err != nil {
				return err
			}
			first, scope := !auth.HasKeys() && !read, query.ScopeIngest
			if read {
				scope = query.ScopeRead
			}
			_, secret, err := auth.CreateKey(args[0], project, scope)
			if err != nil {
				return err
			}
			fmt.Fprintln(c.OutOrStdout(), secret)
			fmt.Fprintln(c.ErrOrStderr(), "This is the only time that the key is shown. It is sent as the header Authorization: Bearer <key>.")
			if first {
				fmt.Fprintln(c.ErrOrStderr(), "From now on every sender must show a key.")
			}
			return nil
		},
	}
	create.Flags().StringVar(&project, "project", defaultProject, "project that the key's telemetry belongs to")
	create.Flags().BoolVar(&read, "read", false, "a key for reading the API, not for sending")
	list := &cobra.Command{
		Use: "list", Short: "List the keys", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			auth, err := open()
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 4, 3, ' ', 0)
			fmt.Fprintln(w, "ID\tNAME\tSCOPE\tPROJECT\tCREATED")
			keys, _ := auth.Keys()
			for _, k := range keys {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, k.Scope, k.Project, k.Created.Format(time.RFC3339))
			}
			return w.Flush()
		},
	}
	revoke := &cobra.Command{
		Use: "revoke ID", Short: "Revoke a key", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			auth, err := open()
			if err != nil {
				return err
			}
			return auth.RevokeKey(args[0])
		},
	}
	loginCommand := &cobra.Command{
		Use:     "login [USER]",
		Short:   "Set the user and password of the page",
		Long:    "Set the user (admin if not named) and password of the page and its API. The password is asked for, or read from standard input.",
		Example: "  sightline key login\n  echo \"$PASSWORD\" | sightline key login alice",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			auth, err := open()
			if err != nil {
				return err
			}
			user := "admin"
			if len(args) > 0 {
				user = args[0]
			}
			password, err := readPassword(c.InOrStdin(), c.ErrOrStderr(), user)
			if err != nil {
				return err
			}
			return auth.SetLogin(user, password)
		},
	}
	c.AddCommand(create, list, revoke, loginCommand)
	return c
}

func readPassword(in io.Reader, prompt io.Writer, user string) (string, error) {
	if f, ok := in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprintf(prompt, "Password for %s: ", user)
		password, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(prompt)
		if err != nil {
			return "", fmt.Errorf("read password: %w", err)
		}
		return string(password), nil
	}
	line, err := bufio.NewReader(io.LimitReader(in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}
