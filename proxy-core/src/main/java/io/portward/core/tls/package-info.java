/**
 * TLS termination on BoringSSL: certificates chosen by name, session tickets, handshakes and why they fail.
 *
 * <p>{@link io.portward.core.tls.TlsHandler} drives BoringSSL through tcnative's own calls instead of an {@code SSLEngine}
 * (docs/decisions/003-own-tls-handler.md). Order of reading: {@code TlsHandler}, {@code ClientHelloReader}, {@code ClientHello},
 * {@code CertificateStore}, {@code TlsSession}, {@code TlsContext}, {@code TicketKeys}. Knows no application protocol beyond its
 * ALPN name.
 */
@NullMarked
package io.portward.core.tls;

import org.jspecify.annotations.NullMarked;
