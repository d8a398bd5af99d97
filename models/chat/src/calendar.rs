//! A moment of universal time, and its parts as `strftime` names them.

/// Seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment(pub u64);

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];

impl Moment {
    /// The moment by a format of `strftime`; `None` if it asks for what isn't known here.
    pub fn format(self, format: &str) -> Option<String> {
        let mut text = String::new();
        let mut rest = format.chars();
        while let Some(next) = rest.next() {
            match next {
                '%' => text += &self.part(rest.next()?)?,
                other => text.push(other),
            }
        }
        Some(text)
    }

    fn part(self, name: char) -> Option<String> {
        let (year, month, day) = self.date();
        let days = self.0 / 86_400;
        let (hour, minute, second) = (self.0 / 3600 % 24, self.0 / 60 % 60, self.0 % 60);
        let (month_name, day_name) = (MONTHS[month as usize - 1], DAYS[(days % 7) as usize]);
        Some(match name {
            'Y' => year.to_string(),
            'y' => format!("{:02}", year % 100),
            'm' => format!("{month:02}"),
            'd' => format!("{day:02}"),
            'e' => format!("{day:2}"),
            'b' | 'h' => month_name[..3].into(),
            'B' => month_name.into(),
            'a' => day_name[..3].into(),
            'A' => day_name.into(),
            'H' => format!("{hour:02}"),
            'M' => format!("{minute:02}"),
            'S' => format!("{second:02}"),
            '%' => "%".into(),
            _ => return None,
        })
    }

    /// Year, month and day of the Gregorian calendar. A year is counted from March, so that a leap day is its last.
    fn date(self) -> (u64, u64, u64) {
        const FROM_YEAR_0: u64 = 719_468;
        const OF_400_YEARS: u64 = 146_097;
        let days = self.0 / 86_400 + FROM_YEAR_0;
        let day_of_era = days % OF_400_YEARS;
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = days / OF_400_YEARS * 400 + year_of_era + u64::from(month <= 2);
        (year, month, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected values are what `date -u -d @SECONDS` says.
    #[test]
    fn dates_are_the_calendar_s() {
        for (seconds, expected) in [
            (0, "Thu 01 January 1970 00:00:00"),
            (951_782_400, "Tue 29 February 2000 00:00:00"),
            (951_868_799, "Tue 29 February 2000 23:59:59"),
            (1_709_210_096, "Thu 29 February 2024 12:34:56"),
            (1_767_225_599, "Wed 31 December 2025 23:59:59"),
            (4_107_542_400, "Mon 01 March 2100 00:00:00"),
        ] {
            let text = Moment(seconds).format("%a %d %B %Y %H:%M:%S");
            assert_eq!(text.as_deref(), Some(expected));
        }
        assert_eq!(Moment(0).format("%d %b %y").as_deref(), Some("01 Jan 70"));
        assert_eq!(Moment(0).format("%Q"), None);
        assert_eq!(Moment(0).format("100%"), None);
    }
}
