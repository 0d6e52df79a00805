package io.portward.config.pem;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECKey;
import java.security.interfaces.RSAKey;
import java.security.interfaces.RSAPrivateKey;
import java.security.interfaces.RSAPublicKey;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a key is, and whether two keys belong together. */
final class KeyPairCheck {

    private static final byte[] SAMPLE = "belongs together".getBytes(StandardCharsets.US_ASCII);

    /** Orders of the curves that BoringSSL signs with (SEC 2 §2.4 to §2.6), by their size in bits. */
    private static final Map<Integer, String> CURVES = Map.of(
            256, "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
            384, "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
            521, "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d0"
                    + "3bb5c9b8899c47aebb6fb71e91386409");

    private KeyPairCheck() {}

    /** Null when the key is of a kind that is not served: another algorithm, another curve. */
    static @Nullable KeyAlgorithm algorithmOf(PublicKey key) {
        if (key instanceof RSAKey && key.getAlgorithm().equals("RSA")) {
            return KeyAlgorithm.RSA;
        }
        if (key instanceof ECKey ec) {
            BigInteger order = ec.getParams().getOrder();
            String known = CURVES.get(order.bitLength());
            return known != null && order.equals(new BigInteger(known, 16)) ? KeyAlgorithm.ECDSA : null;
        }
        return null;
    }

    /** The length of the modulus or of the curve's order, in bits. */
    static int bitsOf(PublicKey key) {
        if (key instanceof RSAKey rsa) {
            return rsa.getModulus().bitLength();
        }
        return key instanceof ECKey ec ? ec.getParams().getOrder().bitLength() : 0;
    }

    static boolean belongTogether(PublicKey publicKey, PrivateKey privateKey) {
        if (publicKey instanceof RSAPublicKey rsaPublic && privateKey instanceof RSAPrivateKey rsaPrivate) {
            return rsaPublic.getModulus().equals(rsaPrivate.getModulus());
        }
        if (!(publicKey instanceof ECKey) || !(privateKey instanceof ECKey)) {
            return false;
        }
        try {
            // The JDK does not compute a public point from a private key; a signature proves the same.
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(privateKey);
            signature.update(SAMPLE);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(SAMPLE);
            return signature.verify(signed);
        } catch (GeneralSecurityException differentCurves) {
            return false;
        }
    }
}
