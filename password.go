package main

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"

	"golang.org/x/crypto/argon2"
)

// argon2id with the parameters of RFC 9106's second recommendation, in 32 MiB to spare small machines.
const (
	argonTime    = 3
	argonMemory  = 32 << 10
	argonThreads = 1
)

func hashPassword(password string) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	sum := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, 32)
	params := binary.BigEndian.AppendUint32([]byte{argonTime, argonThreads}, argonMemory)
	return strings.Join([]string{hex.EncodeToString(params), base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum)}, "$")
}

func checkPassword(hash, password string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 3 {
		return false
	}
	params, err1 := hex.DecodeString(parts[0])
	salt, err2 := base64.RawStdEncoding.DecodeString(parts[1])
	want, err3 := base64.RawStdEncoding.DecodeString(parts[2])
	if errors.Join(err1, err2, err3) != nil || len(params) != 6 {
		return false
	}
	got := argon2.IDKey([]byte(password), salt, uint32(params[0]), binary.BigEndian.Uint32(params[2:]), params[1], uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}
