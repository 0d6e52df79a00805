package io.portward.core.upstream;

import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.portward.config.model.IpLiteral;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.List;
import java.util.Locale;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * TLS towards one server: the name it has to prove, and the sessions that it can be asked to resume.
 *
 * <p>Threading: immutable but for Netty's session cache, which may be shared; any thread.
 */
final class ServerTls {

    private static final String LIBRARY = "OPENSSL_internal:";

    private final SslContext context;
    private final String name;
    private final int port;
    private final boolean needsHttp2;

    /**
     * @param name what the certificate has to be for: a host name or a literal address
     * @param needsHttp2 whether the server has to choose it
     */
    ServerTls(SslContext context, String name, int port, boolean needsHttp2) {
        this.context = context;
        this.needsHttp2 = needsHttp2;
        this.name = name;
        this.port = port;
    }

    /** The first handler of a new connection. Whoever dials watches over the time that the handshake takes. */
    SslHandler newHandler(ByteBufAllocator allocator) {
        SslHandler handler = context.newHandler(allocator, name, port);
        handler.setHandshakeTimeoutMillis(0);
        if (IpLiteral.parse(name) == null) {
            // Netty by itself leaves names without a dot out.
            SSLParameters parameters = handler.engine().getSSLParameters();
            parameters.setServerNames(sni());
            handler.engine().setSSLParameters(parameters);
        }
        return handler;
    }

    private List<SNIServerName> sni() {
        try {
            return List.of(new SNIHostName(name));
        } catch (IllegalArgumentException notForSni) {
            // Underscores; with verification on, the configuration was refused.
            return List.of();
        }
    }

    /** @return why the connection cannot be used though the handshake has succeeded; null when it can */
    @Nullable
    SSLHandshakeException problem(SslHandler handler) {
        return needsHttp2 && !ApplicationProtocolNames.HTTP_2.equals(handler.applicationProtocol())
                ? new SSLHandshakeException("TLS: the server does not offer HTTP/2 (ALPN)")
                : null;
    }

    /** What went wrong in a handshake, in words for the operator's log. */
    SSLHandshakeException failure(Throwable cause) {
        SSLHandshakeException failure = new SSLHandshakeException("TLS: " + describe(cause));
        failure.initCause(cause);
        return failure;
    }

    private String describe(Throwable cause) {
        String certificate = null;
        for (Throwable at = cause; at != null; at = at.getCause()) {
            if (at instanceof CertificateExpiredException
                    || (at instanceof CertPathValidatorException invalid
                            && invalid.getReason() == BasicReason.EXPIRED)) {
                return "the server's certificate, or one above it, has expired";
            }
            if (at instanceof CertificateNotYetValidException) {
                return "the server's certificate, or one above it, is not valid yet; are both clocks right?";
            }
            if (at instanceof CertPathBuilderException || at instanceof CertPathValidatorException) {
                certificate = "the server's certificate does not come from an authority that is trusted (tls.trust)";
            } else if (at instanceof CertificateException && certificate == null) {
                certificate = "the server's certificate is not for '" + name + "'";
            } else if (at instanceof NotSslRecordException) {
                return "the server does not speak TLS";
            }
        }
        if (certificate != null) {
            return certificate;
        }
        if (cause instanceof ClosedChannelException
                || String.valueOf(cause.getMessage()).contains("closed")) {
            return "the server closed the connection during the handshake";
        }
        return library(String.valueOf(cause.getMessage()));
    }

    /** BoringSSL's {@code error:CODE:SSL routines:OPENSSL_internal:REASON}. */
    private static String library(String message) {
        int at = message.lastIndexOf(LIBRARY);
        if (at < 0) {
            return message;
        }
        String reason = message.substring(at + LIBRARY.length())
                .toLowerCase(Locale.ROOT)
                .replace('_', ' ');
        int alert = reason.indexOf("alert ");
        return alert < 0 ? reason : "the server refused with the alert '" + reason.substring(alert + 6) + "'";
    }
}
