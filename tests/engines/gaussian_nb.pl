#!/usr/bin/env perl
# Gaussian naive Bayes as an external engine, in Perl without modules: the example of docs/CONTRIBUTING.md.
# tests/sweep/external_engines.rs runs it and expects the predictions of our own GaussianNB.
use strict;
use warnings;

if (grep { $_ eq '--version' } @ARGV) {
    printf "{\"version\": \"1.0\", \"perl\": \"%vd\"}\n", $^V;
    exit;
}

# The job: one line of JSON. This engine only needs some of its texts and numbers.
my $job = <STDIN>;
sub text   { my ($key) = @_; return $job =~ /"$key":"([^"]*)"/   ? $1 : die "the job has no $key\n" }
sub number { my ($key) = @_; return $job =~ /"$key":(\d+)/       ? $1 : die "the job has no $key\n" }

open my $results, '>', text('results') or die "cannot open the results: $!\n";
sub reply { syswrite $results, "$_[0]\n" }

# This engine only supports equal priors and estimated ones.
my ($parameters) = $job =~ /"parameters":(\[.*?\}\])/;
if ($parameters =~ /"priors":\[([^\]]*)\]/ and grep { $_ != (split /,/, $1)[0] } split /,/, $1) {
    reply('{"reply": "failed", "index": 0, "kind": "unsupported", "reason": "priors: only equal ones"}');
    exit;
}

# .npy, version 1.0: 10 bytes, a header of as many bytes as the last two say, and the numbers.
sub npy {
    my ($path, $template) = @_;
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/;
    my $bytes = <$file>;
    return unpack $template, substr $bytes, 10 + unpack 'v', substr $bytes, 8, 2;
}
my @train  = npy(text('X_train'), 'd<*');
my @labels = npy(text('y_train'), 'C*');
my @test   = npy(text('X_test'),  'd<*');
my ($d, $classes) = (number('features'), number('classes'));
reply('{"reply": "ready"}');

sub now { return `cat /proc/uptime` =~ /^(\S+)/ ? $1 : time }    # seconds, without modules
sub cpu { my ($user, $system) = times; return $user + $system }

my ($began, $cpu) = (now(), cpu());
my (@count, @sum, @squares);
for my $row (0 .. $#labels) {
    my $class = $labels[$row];
    $count[$class]++;
    for my $j (0 .. $d - 1) {
        my $value = $train[$row * $d + $j];
        $sum[$class][$j]     += $value;
        $squares[$class][$j] += $value * $value;
    }
}
# The largest variance of a feature, over all rows, times 1e-9 is added to every variance.
my $largest = 0;
for my $j (0 .. $d - 1) {
    my ($sum, $squares) = (0, 0);
    for my $row (0 .. $#labels) {
        $sum     += $train[$row * $d + $j];
        $squares += $train[$row * $d + $j]**2;
    }
    my $variance = $squares / @labels - ($sum / @labels)**2;
    $largest = $variance if $variance > $largest;
}
my (@mean, @variance);
for my $class (grep { $count[$_] } 0 .. $classes - 1) {
    for my $j (0 .. $d - 1) {
        $mean[$class][$j]     = $sum[$class][$j] / $count[$class];
        $variance[$class][$j] = $squares[$class][$j] / $count[$class] - $mean[$class][$j]**2 + 1e-9 * $largest;
    }
}
my ($fitted, $fitted_cpu) = (now(), cpu());

my $predictions = '';
for my $row (0 .. @test / $d - 1) {
    my ($best, $most);
    for my $class (grep { $count[$_] } 0 .. $classes - 1) {
        my $log = $parameters =~ /"priors"/ ? 0 : log($count[$class] / @labels);
        for my $j (0 .. $d - 1) {
            my $variance = $variance[$class][$j];
            $log -= 0.5 * (log($variance) + ($test[$row * $d + $j] - $mean[$class][$j])**2 / $variance);
        }
        ($best, $most) = ($class, $log) if !defined $most or $log > $most;
    }
    $predictions .= (0 .. 9, 'a' .. 'z')[$best];
}
reply(sprintf '{"reply": "ok", "index": 0, "predictions": "%s", "fit_seconds": %f, "predict_seconds": %f, '
        . '"fit_cpu_seconds": %f, "predict_cpu_seconds": %f, "facts": {"classes": %d}}',
    $predictions, $fitted - $began, now() - $fitted, $fitted_cpu - $cpu, cpu() - $fitted_cpu, scalar @mean);
