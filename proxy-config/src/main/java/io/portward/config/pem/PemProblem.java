package io.portward.config.pem;

import java.nio.file.Path;

/**
 * One thing that is wrong or doubtful about a certificate and its key.
 *
 * @param part which of the files it is about
 * @param message for the operator, without the name of the configuration key
 */
public record PemProblem(Kind kind, Part part, Path file, String message) {

    /** The file that a problem is about. */
    public enum Part {
        CHAIN,
        KEY,
        PASSWORD
    }

    /** What is wrong; the kinds from {@link #SELF_SIGNED} on are doubts, the others errors. */
    public enum Kind {
        /** There is no such file. */
        NOT_FOUND,
        /** The file exists, but may not or cannot be read. */
        UNREADABLE,
        /** The file holds no PEM block of the wanted type. */
        NO_PEM,
        /** A PEM block cannot be understood. */
        MALFORMED,
        /** The key is of a kind that TLS clients do not accept. */
        UNSUPPORTED_KEY,
        /** The key does not belong to the first certificate. */
        KEY_MISMATCH,
        /** The key is encrypted, and there is no password. */
        PASSWORD_MISSING,
        /** The password does not decrypt the key. */
        WRONG_PASSWORD,
        /** The first certificate is no longer valid. */
        EXPIRED,
        /** The first certificate is not valid yet. */
        NOT_YET_VALID,
        /** Everyone on the machine can read the key or its password. */
        WORLD_READABLE,
        /** The certificate was made by its own key; clients will not trust it by themselves. */
        SELF_SIGNED,
        /** The certificate expires within days. */
        EXPIRES_SOON,
        /** Clients that do not have the missing intermediate will refuse the chain. */
        INCOMPLETE_CHAIN,
        /** The certificates do not follow one another. */
        BROKEN_CHAIN,
        /** The certificate has no subject alternative names; clients ignore the common name (RFC 9525 §2). */
        COMMON_NAME_ONLY,
        /** Strong enough to work, too weak to last. */
        WEAK;

        /** Whether a certificate with this problem can still be served. */
        public boolean isDoubt() {
            return compareTo(SELF_SIGNED) >= 0;
        }
    }
}
