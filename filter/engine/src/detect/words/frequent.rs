//! The commonest words of ordinary text, those that phrases also have among them, most frequent first. Only the speed of
//! a scan depends on them: a phrase is looked for around a word that is not here, if it has one.

/// English first; of other languages what is as short and as frequent.
pub(super) const WORDS: &str = "the of and to in a is that for it as was with be by on not he his but at are this have \
    from or had an they which one you were all her she there would their we him been has when who will no more if out so \
    up said what its about than into them can only other time new some could these two may first then do any like my now \
    over such our man me even most made after also did many off before must well back through years much where your way \
    down should because long each just state those people how too mr little good world very make year still see own work \
    men day get here old life both between being under three never know same last another while us might great go come \
    since against right came take used himself few house american use place during high without again home around small \
    however mrs part school system number information user data file set name code message text following content model \
    please need want help using example list based provide create write answer question note think find give tell using \
    does step line change add show run start end open read call input output type value function result test page next \
    key check support service company project team report order product customer process problem important different \
    development available possible include including specific current following request response details able every \
    instructions language rules policy access email web app link site online free send contact please thank today \
    let put keep ask say look turn really always something anything everything nothing things way kind sure course \
    above below previous original version default general public human body mode role act action actions words word \
    que los las del una por con para como mas este esta todo todos der die und das den von mit ist nicht ein eine auch \
    les des une est pas dans pour qui sur par plus avec tout tous che non per una sono del della come piu";
