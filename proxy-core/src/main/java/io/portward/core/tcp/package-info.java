/** The front end for ports whose decrypted bytes are forwarded untouched: {@code tls}, {@code smtps}, {@code imaps}, {@code pop3s}. */
@NullMarked
package io.portward.core.tcp;

import org.jspecify.annotations.NullMarked;
