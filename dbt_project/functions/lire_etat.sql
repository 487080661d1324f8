-- Punctuation says nothing here: « n.d. », « N/D », « - », « … » and « ? » are compared without it.
select
    case
        when texte is null then 'non_renseigne'
        when length(texte) > 60 then null
        when translate({{ function('normaliser') }}(texte), ' ./-?_*()', '') in (
            '', 'nd', 'nc', 'nr', 'nsp', 'nonrenseigne', 'nonrenseignee', 'noncommunique', 'noncommuniquee',
            'nonconnu', 'nonconnue', 'inconnu', 'inconnue', 'nondisponible', 'nondetermine', 'nondeterminee',
            'acompleter', 'avenir', 'enattente', 'pasdedonnee', 'pasdedonnees', 'donneemanquante',
            'donneenondisponible', 'donneesnondisponibles', 'arenseigner', 'nesaitpas', 'vide'
        ) then 'non_renseigne'
        when translate({{ function('normaliser') }}(texte), ' ./-?_*()', '') in (
            'so', 'sansobjet', 'nonconcerne', 'nonconcernee', 'nonconcernes', 'nonconcernees', 'na',
            'nonapplicable', 'pasconcerne', 'pasconcernee', 'nes''appliquepas'
        ) then 'non_concerne'
    end
