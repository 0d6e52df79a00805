/**
 * What {@code portward demo} needs besides Portward: a throw-away CA with certificates, a small web server and a small mail server.
 *
 * <p>{@link io.portward.server.demo.Demo} is the entry. Nothing here is used by {@code run}. Threading: the origins live on the transport's
 * event loops.
 */
@NullMarked
package io.portward.server.demo;

import org.jspecify.annotations.NullMarked;
