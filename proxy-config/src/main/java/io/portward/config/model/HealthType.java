package io.portward.config.model;

/** What a health check does once it is connected. */
public enum HealthType {
    /** Nothing more: who takes connections is well. */
    TCP,
    /** One GET. */
    HTTP,
    /** Reads the greeting (RFC 9051 §7.1: {@code * OK}, or {@code * PREAUTH}). */
    IMAP,
    /** Reads the greeting (RFC 1939 §4: {@code +OK}). */
    POP3,
    /** Reads the greeting (RFC 5321 §3.1: {@code 220}). */
    SMTP
}
