package io.portward.testkit;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/** The server's end of TLS, of the JDK, for scripts of a {@link ScriptedUpstream}. Threading: immutable. */
public final class TlsServers {

    private static final char[] PASSWORD = {};

    /** What a script says inside TLS. */
    public interface Script {

        /** @param tls its session tells what was negotiated */
        void serve(RawClient connection, SSLSocket tls) throws Exception;
    }

    private final SSLContext context;
    private final boolean asksForCertificate;

    private final String[] alpn;

    private TlsServers(SSLContext context, boolean asksForCertificate, String... alpn) {
        this.context = context;
        this.asksForCertificate = asksForCertificate;
        this.alpn = alpn;
    }

    /** The same, choosing one of these protocols. */
    public TlsServers withAlpn(String... protocols) {
        return new TlsServers(context, asksForCertificate, protocols);
    }

    public static TlsServers showing(TestPki.Issued certificate) {
        return create(certificate, null);
    }

    /** Refuses clients without a certificate of {@code authority}. */
    public static TlsServers askingFor(X509Certificate authority, TestPki.Issued certificate) {
        return create(certificate, authority);
    }

    private static TlsServers create(TestPki.Issued certificate, @Nullable X509Certificate authority) {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry("key", certificate.key(), PASSWORD, new Certificate[] {certificate.certificate()});
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, PASSWORD);
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            if (authority != null) {
                trusted.setCertificateEntry("ca", authority);
            }
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), authority == null ? null : trust.getTrustManagers(), null);
            return new TlsServers(context, authority != null);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A script that shakes hands first and then follows {@code inner}; a client that gives the handshake up ends it. */
    public ScriptedUpstream.Script script(Script inner) {
        return connection -> {
            SSLSocket tls = (SSLSocket) context.getSocketFactory()
                    .createSocket(connection.socket(), null, connection.socket().getPort(), true);
            tls.setUseClientMode(false);
            tls.setNeedClientAuth(asksForCertificate);
            SSLParameters parameters = tls.getSSLParameters();
            parameters.setApplicationProtocols(alpn);
            tls.setSSLParameters(parameters);
            try {
                tls.startHandshake();
            } catch (IOException refused) {
                tls.close();
                return;
            }
            try (RawClient inside = new RawClient(tls)) {
                inner.serve(inside, tls);
            }
        };
    }
}
