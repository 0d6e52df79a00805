/**
 * What the operator configured, as immutable records of JDK types.
 *
 * <p>Every optional key has been filled in with its default before a record is built, so readers never ask for a fallback.
 * Threading: all types are immutable and may be shared freely. This package knows neither YAML nor Netty.
 */
@NullMarked
package io.portward.config.model;

import org.jspecify.annotations.NullMarked;
