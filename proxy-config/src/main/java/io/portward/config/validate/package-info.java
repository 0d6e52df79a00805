/**
 * What is wrong with a configuration, and where.
 *
 * <p>{@link io.portward.config.validate.Problems} collects every error and warning of a run with its position and is thrown
 * once; {@link io.portward.config.validate.ConfigurationRules} holds the rules that need more than one section, and
 * {@link io.portward.config.validate.CertificateRules} those that need the certificate files. This package knows the records and
 * key paths such as {@code ports[1].backend}, but not YAML. Threading: a {@code Problems} belongs to one thread.
 */
@NullMarked
package io.portward.config.validate;

import org.jspecify.annotations.NullMarked;
