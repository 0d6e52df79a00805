/**
 * Certificate chains and private keys from PEM files, with typed problems.
 *
 * <p>Entry point: {@link io.portward.config.pem.PemLoader}; {@link io.portward.config.pem.CertificateReview} tells what is doubtful
 * about a pair that loads. Bouncy Castle reads the containers and is never registered as a provider; keys and certificates come
 * out as objects of the JDK's own providers. Threading: everything here may be shared; nothing is cached.
 */
@NullMarked
package io.portward.config.pem;

import org.jspecify.annotations.NullMarked;
