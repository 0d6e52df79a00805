package io.portward.testkit;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** TLS clients of the JDK. Threading: immutable. */
public final class TlsClients {

    private final SSLContext context;

    private TlsClients(SSLContext context) {
        this.context = context;
    }

    /** Clients that trust {@code authority} and share one session cache. */
    public static TlsClients trusting(X509Certificate authority) {
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            store.setCertificateEntry("ca", authority);
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return new TlsClients(context);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    public SSLContext context() {
        return context;
    }

    /** Shakes hands and checks the certificate's chain; {@code name} goes into SNI. */
    public RawClient connect(InetSocketAddress address, String name) throws IOException {
        return connect(address, name, parameters -> {});
    }

    /** @param change to versions, ciphers, ALPN and so on */
    public RawClient connect(InetSocketAddress address, String name, Consumer<SSLParameters> change)
            throws IOException {
        return over(RawClient.connect(address), name, change);
    }

    /** The same over a connection that is open already. */
    public RawClient over(RawClient tcp, String name, Consumer<SSLParameters> change) throws IOException {
        SSLSocket tls = (SSLSocket) context.getSocketFactory()
                .createSocket(tcp.socket(), name, tcp.socket().getPort(), true);
        SSLParameters parameters = tls.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(name)));
        change.accept(parameters);
        tls.setSSLParameters(parameters);
        try {
            tls.setSoTimeout(RawClient.READ_MILLIS);
            tls.startHandshake();
        } catch (IOException e) {
            tls.close();
            throw e;
        }
        return new RawClient(tls);
    }
}
