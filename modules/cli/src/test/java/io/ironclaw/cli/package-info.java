/** Tests of the command line, against a fake sandbox and as a process. */
package io.ironclaw.cli;
